import { describe, expect, test } from 'vitest'
import { inOrder, moved, placeAt } from '../src/state/order'
import { StreamOrder } from '../src/state/stream_order.svelte'

test('streams are shown by place, and by age where the places are the same', () => {
  const streams = [{ id: 1, position: 3 }, { id: 2, position: 1 }, { id: 3, position: 3 }]
  expect(inOrder(streams).map((one) => one.id)).toEqual([2, 1, 3])
})

test('a stream is put where it is wanted, and no further than the ends', () => {
  expect(moved([1, 2, 3], 1, 1)).toEqual([2, 1, 3])
  expect(moved([1, 2, 3], 3, 0)).toEqual([3, 1, 2])
  expect(moved([1, 2, 3], 1, 9)).toEqual([2, 3, 1])
  expect(moved([1, 2, 3], 1, -1)).toEqual([1, 2, 3])
  expect(moved([1, 2], 7, 0)).toEqual([1, 2])
})

test('a card belongs below all cards whose middles it has passed', () => {
  expect(placeAt([50, 150, 250], 20)).toBe(0)
  expect(placeAt([50, 150, 250], 160)).toBe(2)
  expect(placeAt([50, 150, 250], 900)).toBe(3)
})

describe('moving a stream', () => {
  function list(save: (ids: number[]) => Promise<void> = async () => {}) {
    const saved: number[][] = []
    const order = new StreamOrder({
      ids: () => [1, 2, 3],
      save: (ids) => {
        saved.push(ids)
        return save(ids)
      },
    })
    const shown = () => order.arranged([{ id: 1 }, { id: 2 }, { id: 3 }]).map((one) => one.id)
    return { order, saved, shown }
  }

  test('with the keys saves at once and says where it went', async () => {
    const { order, saved } = list()
    await order.step(1, 'Facebook', 1)
    expect(saved).toEqual([[2, 1, 3]])
    expect(order.said).toBe('Facebook: place 2 of 3')
  })

  test('past an end changes nothing', async () => {
    const { order, saved } = list()
    await order.step(1, 'Facebook', -1)
    expect(saved).toEqual([])
  })

  test('by dragging shows the new order at once and saves it when dropped', async () => {
    const { order, saved, shown } = list()
    order.grab(1)
    order.dragTo([150, 250], 260)
    expect(shown()).toEqual([2, 3, 1])
    expect(saved).toEqual([])
    await order.drop('Facebook')
    expect(saved).toEqual([[2, 3, 1]])
  })

  test('that is broken off leaves everything as it was', () => {
    const { order, saved, shown } = list()
    order.grab(1)
    order.dragTo([150, 250], 260)
    order.letGo()
    expect(shown()).toEqual([1, 2, 3])
    expect(saved).toEqual([])
  })

  test('that sluiced does not take tells the person', async () => {
    const { order, shown } = list(async () => {
      throw new Error('The disk is full.')
    })
    await order.step(1, 'Facebook', 1)
    expect(order.error).toBe('The disk is full.')
    expect(shown()).toEqual([1, 2, 3])
  })

  test('quickly sends one order at a time, and of those in between the last only', async () => {
    const answers: (() => void)[] = []
    let ids = [1, 2, 3]
    const saved: number[][] = []
    const order = new StreamOrder({
      ids: () => ids,
      save: (wanted) => {
        ids = wanted
        saved.push(wanted)
        return new Promise((resolve) => answers.push(resolve))
      },
    })
    const first = order.step(1, 'Facebook', 1)
    void order.step(1, 'Facebook', 1)
    expect(saved).toEqual([[2, 1, 3]])
    answers[0]?.()
    await new Promise((resolve) => setTimeout(resolve))
    answers[1]?.()
    await first
    expect(saved).toEqual([[2, 1, 3], [2, 3, 1]])
  })

  test('is not confused by streams that come and go meanwhile', async () => {
    let ids = [1, 2, 3]
    const saved: number[][] = []
    const order = new StreamOrder({ ids: () => ids, save: async (wanted) => void saved.push(wanted) })
    order.grab(1)
    order.dragTo([150, 250], 260)
    ids = [1, 3, 4]
    await order.drop('Facebook')
    expect(saved).toEqual([[3, 1, 4]])
  })
})
