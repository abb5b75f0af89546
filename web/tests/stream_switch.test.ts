import { expect, test } from 'vitest'
import { StreamSwitch } from '../src/state/stream_switch.svelte'

/** A switch whose requests the test answers. */
function controlled() {
  const sent: boolean[] = []
  const answers: { ok: () => void; fail: (text: string) => void }[] = []
  const control = new StreamSwitch((enabled) => {
    sent.push(enabled)
    return new Promise<void>((resolve, reject) => {
      answers.push({ ok: resolve, fail: (text) => reject(new Error(text)) })
    })
  })
  return { control, sent, answers }
}

test('the wish shows until sluiced has answered', async () => {
  const { control, answers } = controlled()
  const done = control.set(true)
  expect(control.wish).toBe(true)
  answers[0]?.ok()
  await done
  expect(control.wish).toBeNull()
})

test('of several changes of mind only the last is sent after the first', async () => {
  const { control, sent, answers } = controlled()
  const done = control.set(true)
  void control.set(false)
  void control.set(true)
  void control.set(false)
  answers[0]?.ok()
  await Promise.resolve()
  await Promise.resolve()
  answers[1]?.ok()
  await done
  expect(sent).toEqual([true, false])
})

test('a change of mind that comes back to what was sent sends nothing more', async () => {
  const { control, sent, answers } = controlled()
  const done = control.set(true)
  void control.set(false)
  void control.set(true)
  answers[0]?.ok()
  await done
  expect(sent).toEqual([true])
})

test('a failure is told, and forgotten at the next success', async () => {
  const { control, answers } = controlled()
  const first = control.set(true)
  answers[0]?.fail('The relay did not start.')
  await first
  expect(control.error).toBe('The relay did not start.')
  const second = control.set(true)
  answers[1]?.ok()
  await second
  expect(control.error).toBeNull()
})
