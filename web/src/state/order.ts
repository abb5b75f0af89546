// The order of the streams on the page, and how one is moved in it.

/** By the place that people gave them, then by age. */
export function inOrder<T extends { id: number; position: number }>(streams: readonly T[]): T[] {
  return [...streams].sort((a, b) => a.position - b.position || a.id - b.id)
}

/** The ids with `id` at `place` (0 is the first), which is brought into the list if it lies outside. */
export function moved(ids: readonly number[], id: number, place: number): number[] {
  const others = ids.filter((other) => other !== id)
  if (others.length === ids.length) return [...ids]
  others.splice(Math.max(0, Math.min(place, others.length)), 0, id)
  return others
}

/** Where a card that is dragged to the height `y` belongs among the cards, whose middles are at `middles`. */
export function placeAt(middles: readonly number[], y: number): number {
  return middles.filter((middle) => middle < y).length
}
