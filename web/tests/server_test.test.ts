import { expect, test } from 'vitest'
import { ApiError } from '../src/api/client'
import type { Probe, ProbeFields } from '../src/api/types'
import { ServerTest } from '../src/state/server_test.svelte'

const good: Probe = { ok: true, steps: [{ step: 'name', ok: true, ms: 3, detail: '192.0.2.1', reason: null }] }

/** Tests whose answers wait until they are given. */
function waiting() {
  const asked: { fields: ProbeFields; cancelled: AbortSignal; answer: (probe: Probe) => void; fail: (error: unknown) => void }[] = []
  const probing = new ServerTest(
    (fields, cancelled) => new Promise((answer, fail) => asked.push({ fields, cancelled, answer, fail })),
  )
  return { probing, asked, settle: () => new Promise((resolve) => setTimeout(resolve)) }
}

test('a test runs until its answer is there', async () => {
  const { probing, asked, settle } = waiting()
  void probing.run({ server: 'rtmp://h/a' })
  expect([probing.running, asked[0]?.fields.server]).toEqual([true, 'rtmp://h/a'])
  asked[0]?.answer(good)
  await settle()
  expect([probing.running, probing.result]).toEqual([false, good])
})

test('a test that is stopped says nothing any more', async () => {
  const { probing, asked, settle } = waiting()
  void probing.run({ server: 'rtmp://h/a' })
  probing.forget()
  expect(asked[0]?.cancelled.aborted).toBe(true)
  asked[0]?.fail(new ApiError(0, 'aborted'))
  await settle()
  expect([probing.running, probing.result, probing.failure]).toEqual([false, null, null])
})

test('the answer of a test before is not taken for that of the one that runs', async () => {
  const { probing, asked, settle } = waiting()
  void probing.run({ server: 'rtmp://old/a' })
  void probing.run({ server: 'rtmp://new/a' })
  asked[0]?.answer(good)
  await settle()
  expect([probing.running, probing.result]).toEqual([true, null])
})

test('a test that cannot be made says why', async () => {
  const { probing, asked, settle } = waiting()
  void probing.run({ server: 'h' })
  asked[0]?.fail(new ApiError(422, 'Must begin with rtmp://.', 'server'))
  await settle()
  expect([probing.running, probing.failure?.message]).toEqual([false, 'Must begin with rtmp://.'])
})
