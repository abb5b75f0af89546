import { expect, test } from 'vitest'
import { drawLine, History, historySeconds } from '../src/state/history.svelte'

test('the last samples are given, the newest last', () => {
  const history = new History()
  for (const rate of [1, 2, 3]) history.record(new Map([['a', rate]]), rate * 1000)
  expect(history.last('a', 2)).toEqual([2, 3])
  expect(history.last('a', 100)).toEqual([1, 2, 3])
  expect(history.last('unknown', 2)).toEqual([])
})

test('no more is kept than a chart shows', () => {
  const history = new History()
  for (let second = 0; second < historySeconds + 10; ++second) history.record(new Map([['a', second]]), second * 1000)
  expect(history.last('a', 10_000)).toHaveLength(historySeconds)
  expect(history.last('a', 1)).toEqual([historySeconds + 9])
})

test('what is gone is forgotten', () => {
  const history = new History()
  history.record(new Map([['a', 1], ['b', 1]]), 1000)
  history.record(new Map([['a', 2]]), 2000)
  expect(history.last('b', 10)).toEqual([])
})

test('the newest sample is at the right edge and 0 at the bottom', () => {
  expect(drawLine([0, 100], 11, 100, 50).path).toBe('M90 50L100 25')
})

test('a gap is left where nothing was known', () => {
  expect(drawLine([100, null, 100], 3, 100, 50).path).toBe('M0 25M100 25')
})

test.each([[0, 1], [95, 200], [1700, 2000], [6000, 10_000]])('above %d kbit/s the chart ends at %d', (rate, top) => {
  expect(drawLine([rate], 10, 100, 50).top).toBe(top)
})

test('while a phone slept nothing is known', () => {
  const history = new History()
  history.record(new Map([['a', 1]]), 1000)
  history.record(new Map([['a', 2]]), 5000)
  expect(history.last('a', 10)).toEqual([1, null, null, null, 2])
  history.record(new Map([['a', 3]]), 3_600_000)
  expect(history.last('a', 2)).toEqual([null, 3])
  expect(history.last('a', 10_000)).toHaveLength(historySeconds)
})
