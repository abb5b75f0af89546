// How each state of a stream looks: a colour, a symbol and (text/) a word, never one of them alone.
import type { Stream, StreamState } from '../api/types'

export type Tone = 'good' | 'busy' | 'care' | 'bad' | 'quiet'

const looks = {
  off: { tone: 'quiet', icon: 'off' },
  waiting: { tone: 'busy', icon: 'clock' },
  connecting: { tone: 'busy', icon: 'plug' },
  live: { tone: 'good', icon: 'live' },
  holding: { tone: 'care', icon: 'pause' },
  retrying: { tone: 'care', icon: 'retry' },
  refused: { tone: 'bad', icon: 'cross' },
} as const satisfies Record<StreamState, { tone: Tone; icon: string }>

/** A newer sluiced may have states that this page does not know. */
export function look(state: StreamState) {
  return looks[state] ?? looks.off
}

export const isRunning = (stream: Stream): boolean => stream.state === 'live' || stream.state === 'holding'
export const isFailing = (stream: Stream): boolean => stream.state === 'retrying' || stream.state === 'refused'

/** Why a stream waits is no trouble; why one fails, shows no live picture, or is off although it should be on, is. */
export function isTroubled(stream: Stream): boolean {
  return isFailing(stream) || ((stream.state === 'off' || stream.state === 'holding') && stream.reason !== null)
}
