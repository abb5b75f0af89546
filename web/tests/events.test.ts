import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { decode, Events, type Connection } from '../src/api/events'
import type { ServerEvent } from '../src/api/types'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const snapshot = 'event: snapshot\ndata: {"streams":[],"sources":[]}\n\n'

/** A connection whose pieces and end the test decides. */
class FakeConnection {
  #wake = () => {}
  #pieces: string[] = []
  #ended = false
  aborted = false

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => {
      this.aborted = true
      this.end()
    })
  }
  say(text: string) {
    this.#pieces.push(text)
    this.#wake()
  }
  end() {
    this.#ended = true
    this.#wake()
  }
  async *[Symbol.asyncIterator]() {
    for (;;) {
      while (this.#pieces.length > 0) yield this.#pieces.shift() as string
      if (this.#ended) return
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }
}

function start(reachable: () => boolean = () => true) {
  const opened: FakeConnection[] = []
  const states: Connection['state'][] = []
  const received: ServerEvent[] = []
  let tries = 0
  const events = new Events({
    open: async (signal) => {
      tries++
      if (!reachable()) throw new Error('unreachable')
      const connection = new FakeConnection(signal)
      opened.push(connection)
      return connection
    },
    onEvent: (event) => received.push(event),
    onConnection: (connection) => states.push(connection.state),
  })
  events.start()
  return { events, opened, states, received, tries: () => tries }
}

const settle = () => vi.advanceTimersByTimeAsync(0)

test('the connection counts as open once the snapshot is there', async () => {
  const { opened, states, received } = start()
  await settle()
  expect(states).toEqual(['connecting'])
  opened[0]?.say(snapshot)
  await settle()
  expect(states).toEqual(['connecting', 'open'])
  expect(received).toEqual([{ type: 'snapshot', streams: [], sources: [] }])
})

test('a connection that ends is said to be lost and made anew', async () => {
  const { opened, states } = start()
  await settle()
  opened[0]?.say(snapshot)
  await settle()
  opened[0]?.end()
  await settle()
  expect(states.at(-1)).toBe('lost')
  await vi.advanceTimersByTimeAsync(500)
  opened[1]?.say(snapshot)
  await settle()
  expect(states.at(-1)).toBe('open')
})

test('a connection that falls silent is given up and made anew', async () => {
  const { opened, states } = start()
  await settle()
  opened[0]?.say(snapshot)
  await vi.advanceTimersByTimeAsync(40_000)
  expect(opened[0]?.aborted).toBe(true)
  expect(states.at(-1)).toBe('lost')
  await vi.advanceTimersByTimeAsync(500)
  expect(opened).toHaveLength(2)
})

test('comments keep a connection alive on which nothing happens', async () => {
  const { opened, states } = start()
  await settle()
  opened[0]?.say(snapshot)
  for (let i = 0; i < 20; i++) {
    await vi.advanceTimersByTimeAsync(15_000)
    opened[0]?.say(': still here\n\n')
  }
  await settle()
  expect(states).toEqual(['connecting', 'open'])
  expect(opened).toHaveLength(1)
})

test('the waits between tries grow, up to five seconds', async () => {
  const { tries } = start(() => false)
  await settle()
  const waits = [500, 1000, 2000, 4000, 5000, 5000]
  for (const [index, wait] of waits.entries()) {
    await vi.advanceTimersByTimeAsync(wait - 1)
    expect(tries()).toBe(index + 1)
    await vi.advanceTimersByTimeAsync(1)
    expect(tries()).toBe(index + 2)
  }
})

test('after a success the next loss waits only briefly again', async () => {
  let reachable = false
  const { opened, tries } = start(() => reachable)
  await vi.advanceTimersByTimeAsync(20_000)
  reachable = true
  await vi.advanceTimersByTimeAsync(5000)
  opened[0]?.say(snapshot)
  await settle()
  opened[0]?.end()
  const before = tries()
  await vi.advanceTimersByTimeAsync(500)
  expect(tries()).toBe(before + 1)
})

test('retrying now does not wait, and does not try twice', async () => {
  let reachable = false
  const { events, tries } = start(() => reachable)
  await settle()
  reachable = true
  events.retryNow()
  await settle()
  expect(tries()).toBe(2)
  events.retryNow()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(tries()).toBe(2)
})

test('after stopping nothing is tried or reported any more', async () => {
  const { events, opened, states, tries } = start()
  await settle()
  events.stop()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(opened[0]?.aborted).toBe(true)
  expect(states).toEqual(['connecting'])
  expect(tries()).toBe(1)
})

test('events that are unknown or unreadable are passed over', () => {
  expect(decode({ event: 'weather', data: '{}' })).toBeNull()
  expect(decode({ event: 'stream', data: '{"id":' })).toBeNull()
})

test('a deletion says what was deleted', () => {
  expect(decode({ event: 'deleted', data: '{"kind":"source","id":4}' })).toEqual({ type: 'deleted', kind: 'source', id: 4 })
})
