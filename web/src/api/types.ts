// What sluiced says over REST and events. The types are made from docs/openapi.yaml by `npm run types`, so that page
// and description cannot drift apart: `npm run check` is one of the tests.
import type { components, paths } from '$openapi'

type Schemas = components['schemas']

/** With a query or without. */
export type Path = keyof paths | `${keyof paths}?${string}`

export type Stream = Schemas['Stream']
export type StreamState = Schemas['StreamState']
export type SilentAudio = Schemas['SilentAudio']
/** A newer sluiced may give reasons that this page does not know. */
export type Reason = Omit<Schemas['Reason'], 'code'> & { code: string }
/** What a person can set. The key is write-only; a field that is left out stays as it is. */
export type StreamFields = Schemas['StreamFields']

export type Source = Schemas['Source']
export type SourceFields = Schemas['SourceFields']
export type Clip = Omit<NonNullable<Source['clip']>, 'reason'> & { reason: Reason | null }
export type ClipFields = Schemas['ClipFields']
export type VideoFormat = NonNullable<Source['video']>
export type AudioFormat = NonNullable<Source['audio']>

/** The catalogue of platforms. A stream may name one that is not in it. */
export type Platforms = Schemas['Platforms']
export type Platform = Schemas['Platform']
export type Words = Schemas['Words']

/** What a try of a server found. */
export type ProbeFields = Schemas['ProbeFields']
export type Probe = Schemas['Probe']
export type ProbeStep = Omit<Probe['steps'][number], 'reason'> & { reason: Reason | null }

/** A publisher that was turned away because its app and key are no source. */
export type Refused = Schemas['Refused']
export type Info = Schemas['Info']

/** Something that happened: to a stream, to a source, or to sluiced itself (`target` null). */
export type LogEntry = Omit<Schemas['LogEntry'], 'reason'> & { reason: Reason | null }
export type LogEvent = Schemas['LogEntry']['event']

export type ServerEvent =
  | ({ type: 'snapshot' } & Schemas['Snapshot'])
  | { type: 'stream'; stream: Stream }
  | { type: 'source'; source: Source }
  | ({ type: 'deleted' } & Schemas['Deleted'])
  | { type: 'refused'; refused: Refused }
  | { type: 'log'; entry: LogEntry }
