// What sluiced says over REST and events, as described in docs/openapi.yaml. Times are RFC 3339 in UTC.

export type StreamState = 'off' | 'waiting' | 'connecting' | 'live' | 'holding' | 'retrying' | 'refused'

export interface Reason {
  code: string
  text: string
  params: Record<string, unknown>
}

export interface StreamStats {
  sent_bytes: number
  sent_kbps: number
  behind_ms: number
  rtt_us: number
  retransmits: number
  dropped_video: number
  dropped_audio: number
  reconnects: number
  restarts: number
}

export interface Warning {
  code: string
  text: string
}

export interface Stream {
  id: number
  name: string
  platform: string
  source: number
  server: string
  backup_server: string
  key_set: boolean
  enabled: boolean
  state: StreamState
  reason: Reason | null
  since: string | null
  next_try_at: string | null
  pid: number | null
  warnings: Warning[]
  stats: StreamStats
}

/** What a person can set. The key is write-only; a field that is left out stays as it is. */
export interface StreamFields {
  name?: string
  platform?: string
  server?: string
  backup_server?: string
  key?: string
  source?: number
  enabled?: boolean
  tls_ca?: string
}

export interface VideoFormat {
  codec: string
  width: number
  height: number
  frame_rate: number
  key_frame_interval_ms: number
  kbps: number
}

export interface AudioFormat {
  codec: string
  sample_rate: number
  channels: number
  kbps: number
}

export interface Source {
  id: number
  name: string
  app: string
  key: string
  state: 'absent' | 'publishing'
  since: string | null
  address: string | null
  software: string | null
  video: VideoFormat | null
  audio: AudioFormat | null
}

export interface SourceFields {
  name?: string
  app?: string
  key?: string
}

/** A publisher that was turned away because its app and key are no source. */
export interface Refused {
  app: string
  key: string
  address: string
}

export interface Info {
  version: string
  rtmp_port: number
  rtmp_listen: string
  lan_addresses: string[]
}

export type ServerEvent =
  | { type: 'snapshot'; streams: Stream[]; sources: Source[] }
  | { type: 'stream'; stream: Stream }
  | { type: 'source'; source: Source }
  | { type: 'deleted'; kind: 'stream' | 'source'; id: number }
  | { type: 'refused'; refused: Refused }
