import { expect, test } from 'vitest'
import type { LogEntry } from '../src/api/types'
import { asCsv, EventLog, filtered } from '../src/state/log.svelte'

function entry(fields: Partial<LogEntry> = {}): LogEntry {
  return {
    id: 1, at: '2026-11-26T19:00:00.000Z', kind: 'stream', target: 1, name: 'Facebook', event: 'state', state: 'live', reason: null,
    ...fields,
  }
}

test('what happens while the log is being read is neither lost nor doubled', async () => {
  let answer: (entries: LogEntry[]) => void = () => {}
  const log = new EventLog(() => new Promise((resolve) => (answer = resolve)))
  const opening = log.open()
  log.add(entry({ id: 2 }))
  log.add(entry({ id: 3 }))
  answer([entry({ id: 1 }), entry({ id: 2 })])
  await opening
  expect(log.entries.map((one) => one.id)).toEqual([1, 2, 3])
})

test('nothing is gathered before the log is opened', () => {
  const log = new EventLog(async () => [])
  log.add(entry())
  expect(log.entries).toEqual([])
})

test('a log that cannot be read says why, and can be read again', async () => {
  let works = false
  const log = new EventLog(async () => {
    if (!works) throw new Error('Sluice did not answer.')
    return [entry()]
  })
  await log.open()
  expect(log.state).toBe('failed')
  expect(log.error).toBe('Sluice did not answer.')
  works = true
  await log.open()
  expect(log.error).toBeNull()
  expect(log.entries).toHaveLength(1)
})

test('the log is filtered by stream, by source and by trouble, and has the newest first', () => {
  const reason = { code: 'unreachable', text: '', params: {} }
  const entries = [
    entry({ id: 1 }),
    entry({ id: 2, target: 2, state: 'retrying', reason }),
    entry({ id: 3, kind: 'source', event: 'publishing', state: null }),
    entry({ id: 4, kind: 'sluice', target: null, event: 'publisher_refused', state: null }),
    entry({ id: 5, state: 'off' }),
    entry({ id: 6, state: 'off', reason }),
  ]
  const ids = (filter: Parameters<typeof filtered>[1]) => filtered(entries, filter).map((one) => one.id)
  expect(ids({ kind: 'all' })).toEqual([6, 5, 4, 3, 2, 1])
  expect(ids({ kind: 'target', of: 'stream', id: 1 })).toEqual([6, 5, 1])
  expect(ids({ kind: 'target', of: 'source', id: 1 })).toEqual([3])
  expect(ids({ kind: 'trouble' })).toEqual([6, 4, 2])
})

test('a downloaded table survives quotes, line breaks and names that look like formulas', () => {
  expect(asCsv(['a', 'b'], [['x "y"', 'one\ntwo'], ['=cmd()', '-1']])).toBe(
    '"a","b"\r\n"x ""y""","one\ntwo"\r\n"\'=cmd()","\'-1"\r\n',
  )
})

test('a log that began anew, with smaller ids, is followed', async () => {
  const answers = [[entry({ id: 40 })], [entry({ id: 1 })]]
  const log = new EventLog(async () => answers.shift() ?? [])
  await log.open()
  await log.open()
  log.add(entry({ id: 2 }))
  expect(log.entries.map((one) => one.id)).toEqual([1, 2])
})
