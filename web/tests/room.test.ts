import { expect, test } from 'vitest'
import { Api, type Fetch } from '../src/api/client'
import { Room } from '../src/state/room.svelte'
import { source, stream } from './fixtures'

/** A room whose event stream says `events` and stays open, and whose requests `answer` answers. */
function open(events: [string, unknown][], answer: (method: string, url: string) => [number, unknown]) {
  const calls: string[] = []
  const fetcher: Fetch = async (url, init) => {
    const method = String(init.method)
    calls.push(`${method} ${url} ${init.body ?? ''}`.trim())
    const [status, body] = answer(method, url)
    return new Response(status === 204 ? null : JSON.stringify(body), { status })
  }
  const room = new Room(new Api(fetcher), async function (signal) {
    return (async function* () {
      for (const [event, data] of events) yield `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
    })()
  })
  const stop = room.start()
  return { room, calls, stop, settle: () => new Promise((resolve) => setTimeout(resolve)) }
}

const info = { version: '1', rtmp_port: 1935, rtmp_listen: '0.0.0.0', lan_addresses: [] }
const refused = { app: 'live', key: 'phone', address: '192.168.1.9:5000' }
const snapshot = { streams: [stream()], sources: [source()] }

function standard(method: string, url: string): [number, unknown] {
  if (url === '/api/info') return [200, info]
  if (url === '/api/refused') return [200, [refused]]
  if (method === 'DELETE') return [204, null]
  return [404, { title: 'not found' }]
}

test('a new connection brings the snapshot, the addresses and the refused publishers', async () => {
  const { room, stop, settle } = open([['snapshot', snapshot]], standard)
  expect(room.ready).toBe(false)
  await settle()
  expect(room.ready).toBe(true)
  expect(room.connected).toBe(true)
  expect(room.info).toEqual(info)
  expect(room.refused).toEqual([refused])
  expect(room.streams.map((one) => one.id)).toEqual([1])
  stop()
})

test('the page works with a sluiced that cannot say its addresses or refused publishers', async () => {
  const { room, stop, settle } = open([['snapshot', snapshot]], () => [500, {}])
  await settle()
  expect(room.connected).toBe(true)
  expect(room.info).toBeNull()
  stop()
})

test('a stream that someone else has removed already counts as removed', async () => {
  const { room, stop, settle } = open([['snapshot', snapshot]], (method, url) =>
    method === 'DELETE' ? [404, { title: 'No such stream' }] : standard(method, url),
  )
  await settle()
  await room.removeStream(1)
  expect(room.streams).toEqual([])
  stop()
})

test('a source that is in use stays, and the reason reaches the person', async () => {
  const { room, stop, settle } = open([['snapshot', snapshot]], (method, url) =>
    method === 'DELETE' ? [409, { detail: 'Stream 1 uses it.' }] : standard(method, url),
  )
  await settle()
  await expect(room.removeSource(1)).rejects.toThrow('Stream 1 uses it.')
  expect(room.sources).toHaveLength(1)
  stop()
})

test('a clip is recorded and removed, and a refusal reaches the person', async () => {
  const clip = { state: 'recording' as const, seconds: 10, recorded_ms: 0, duration_ms: null, recorded_at: null, reason: null }
  let refuse = false
  const { room, calls, stop, settle } = open([['snapshot', snapshot]], (method, url) => {
    if (url !== '/api/sources/1/clip') return standard(method, url)
    if (method === 'DELETE') return [204, null]
    return refuse ? [409, { detail: 'Nobody is streaming.' }] : [202, source({ clip })]
  })
  await settle()
  await room.recordClip(1, 10)
  expect(calls).toContain('POST /api/sources/1/clip {"seconds":10}')
  expect(room.sources[0]?.clip?.state).toBe('recording')
  await room.removeClip(1)
  expect(calls.some((call) => call.startsWith('DELETE /api/sources/1/clip'))).toBe(true)
  refuse = true
  await expect(room.recordClip(1, 10)).rejects.toThrow('Nobody is streaming.')
  stop()
})

test('a refused publisher becomes a source with its app and key, under a name of its own', async () => {
  const sources = [source(), source({ id: 4, key: 'other' })]
  const added = source({ id: 5, name: 'Source 5', key: 'phone' })
  const { room, calls, stop, settle } = open([['snapshot', { streams: [], sources }]], (method, url) =>
    method === 'POST' && url === '/api/sources' ? [201, added] : standard(method, url),
  )
  await settle()
  await room.addSource(refused)
  expect(calls).toContain('POST /api/sources {"name":"Source 5","app":"live","key":"phone"}')
  expect(room.refused).toEqual([])
  expect(room.sources.map((one) => one.id)).toEqual([1, 4, 5])
  stop()
})

test('the switch of a stream is the same one however often it is asked for', async () => {
  const { room, stop } = open([], standard)
  expect(room.switchOf(1)).toBe(room.switchOf(1))
  expect(room.switchOf(1)).not.toBe(room.switchOf(2))
  stop()
})
