// What the page knows, and how an event changes it. Pure: the same events always lead to the same picture.
import type { Refused, ServerEvent, Source, Stream } from '../api/types'

export interface Picture {
  streams: Stream[]
  sources: Source[]
  refused: Refused[]
}

export const emptyPicture: Picture = { streams: [], sources: [], refused: [] }

/** The most refused publishers that are offered: anyone on the network can cause one. */
export const maxRefused = 5

export function apply(picture: Picture, event: ServerEvent): Picture {
  switch (event.type) {
    case 'snapshot':
      return withoutAdded({ ...picture, streams: byId(event.streams), sources: byId(event.sources) })
    case 'stream':
      return { ...picture, streams: put(picture.streams, event.stream) }
    case 'source':
      return withoutAdded({ ...picture, sources: put(picture.sources, event.source) })
    case 'deleted':
      return event.kind === 'stream'
        ? { ...picture, streams: picture.streams.filter((stream) => stream.id !== event.id) }
        : { ...picture, sources: picture.sources.filter((source) => source.id !== event.id) }
    case 'refused':
      return withRefused(picture, [event.refused])
    case 'log':
      return picture
  }
}

/** Adds refused publishers, the newest first, each app and key once. */
export function withRefused(picture: Picture, more: Refused[]): Picture {
  const others = picture.refused.filter((old) => !more.some((one) => sameAddress(one, old)))
  return withoutAdded({ ...picture, refused: [...more, ...others].slice(0, maxRefused) })
}

/**
 * Takes over what a person has just set, from the answer to the request. What was observed (state, counters)
 * stays as the events told it: the answer may be older than the newest of them.
 */
export function withSettings(picture: Picture, answer: Stream): Picture {
  const known = picture.streams.find((stream) => stream.id === answer.id)
  if (!known) return picture // Somebody else has removed it meanwhile.
  const { state, reason, since, next_try_at, hold_until, pid, stats } = known
  const merged = { ...answer, state, reason, since, next_try_at, hold_until, pid, stats }
  return { ...picture, streams: put(picture.streams, merged) }
}

/** Takes over a stream that was just added, unless an event has told of it already. */
export function withAdded(picture: Picture, answer: Stream): Picture {
  const known = picture.streams.some((stream) => stream.id === answer.id)
  return known ? picture : { ...picture, streams: put(picture.streams, answer) }
}

/** Gives the streams the places that they have in `ids`. */
export function withOrder(picture: Picture, ids: readonly number[]): Picture {
  const placed = (stream: Stream): Stream => {
    const place = ids.indexOf(stream.id)
    return place < 0 ? stream : { ...stream, position: place + 1 }
  }
  return { ...picture, streams: picture.streams.map(placed) }
}

function withoutAdded(picture: Picture): Picture {
  const refused = picture.refused.filter((one) => !picture.sources.some((source) => sameAddress(source, one)))
  return { ...picture, refused }
}

function sameAddress(a: { app: string; key: string }, b: { app: string; key: string }): boolean {
  return a.app === b.app && a.key === b.key
}

function byId<T extends { id: number }>(items: T[]): T[] {
  return [...items].sort((a, b) => a.id - b.id)
}

function put<T extends { id: number }>(items: T[], item: T): T[] {
  return items.some((old) => old.id === item.id)
    ? items.map((old) => (old.id === item.id ? item : old))
    : byId([...items, item])
}
