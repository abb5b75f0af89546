import { expect, test } from 'vitest'
import type { ServerEvent } from '../src/api/types'
import { apply, emptyPicture, maxRefused, withRefused, withAdded, withSettings } from '../src/state/reducer'
import { source, stream } from './fixtures'

function after(...events: ServerEvent[]) {
  return events.reduce(apply, emptyPicture)
}

const refused = (key: string) => ({ app: 'live', key, address: '192.168.1.9:5000' })

test('a snapshot replaces everything that was known of streams and sources', () => {
  const picture = after(
    { type: 'snapshot', streams: [stream({ id: 7 })], sources: [source({ id: 3 })] },
    { type: 'snapshot', streams: [stream({ id: 2 }), stream({ id: 1 })], sources: [source()] },
  )
  expect(picture.streams.map((one) => one.id)).toEqual([1, 2])
  expect(picture.sources.map((one) => one.id)).toEqual([1])
})

test('a stream event replaces the stream in its place', () => {
  const picture = after(
    { type: 'snapshot', streams: [stream(), stream({ id: 2 })], sources: [] },
    { type: 'stream', stream: stream({ state: 'live' }) },
  )
  expect(picture.streams.map((one) => [one.id, one.state])).toEqual([[1, 'live'], [2, 'off']])
})

test('an event of an unknown stream or source adds it', () => {
  const picture = after({ type: 'stream', stream: stream({ id: 4 }) }, { type: 'source', source: source({ id: 2 }) })
  expect(picture.streams.map((one) => one.id)).toEqual([4])
  expect(picture.sources.map((one) => one.id)).toEqual([2])
})

test('deleting a stream leaves the source of the same id alone', () => {
  const picture = after(
    { type: 'snapshot', streams: [stream()], sources: [source()] },
    { type: 'deleted', kind: 'stream', id: 1 },
  )
  expect(picture.streams).toEqual([])
  expect(picture.sources).toHaveLength(1)
})

test('deleting a source leaves the stream of the same id alone', () => {
  const picture = after(
    { type: 'snapshot', streams: [stream()], sources: [source()] },
    { type: 'deleted', kind: 'source', id: 1 },
  )
  expect(picture.streams).toHaveLength(1)
  expect(picture.sources).toEqual([])
})

test('a publisher that is refused again and again is offered once, the newest first', () => {
  const picture = after(
    { type: 'refused', refused: refused('a') },
    { type: 'refused', refused: refused('b') },
    { type: 'refused', refused: refused('a') },
  )
  expect(picture.refused.map((one) => one.key)).toEqual(['a', 'b'])
})

test('a flood of refused publishers does not fill the page', () => {
  const events = Array.from({ length: 50 }, (_, i): ServerEvent => ({ type: 'refused', refused: refused(`${i}`) }))
  expect(after(...events).refused).toHaveLength(maxRefused)
})

test('a refused publisher is no longer offered once its app and key are a source', () => {
  const picture = after(
    { type: 'refused', refused: refused('a') },
    { type: 'source', source: source({ id: 2, app: 'live', key: 'a' }) },
  )
  expect(picture.refused).toEqual([])
  expect(withRefused(picture, [refused('a')]).refused).toEqual([])
})

test('the answer to a request does not undo what a newer event said', () => {
  const picture = after({ type: 'stream', stream: stream({ enabled: true, state: 'live' }) })
  const answer = stream({ enabled: true, state: 'connecting', name: 'Renamed' })
  const merged = withSettings(picture, answer).streams[0]
  expect(merged?.state).toBe('live')
  expect(merged?.name).toBe('Renamed')
})

test('the answer to an addition adds the stream even before its event', () => {
  expect(withAdded(emptyPicture, stream({ id: 9 })).streams.map((one) => one.id)).toEqual([9])
})

test('a late answer does not bring back a stream that somebody else has removed', () => {
  expect(withSettings(emptyPicture, stream({ id: 9 })).streams).toEqual([])
})
