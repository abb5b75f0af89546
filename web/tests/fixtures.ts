// Streams and sources for the tests, as sluiced sends them.
import type { Source, Stream } from '../src/api/types'

export function stream(fields: Partial<Stream> = {}): Stream {
  return {
    id: 1, name: 'Facebook', platform: 'facebook', source: 1, server: 'rtmps://live.example/rtmp/', backup_server: '', key_set: true,
    hold_s: 60, stop_grace_s: 10, silent_audio: 'auto', position: 1,
    enabled: false, state: 'off', reason: null, since: '2026-11-23T19:00:00.000Z', next_try_at: null, hold_until: null, pid: null,
    warnings: [],
    stats: {
      sent_bytes: 0, sent_kbps: 0, behind_ms: 0, rtt_us: 0, retransmits: 0, dropped_video: 0, dropped_audio: 0,
      reconnects: 0, restarts: 0,
    },
    ...fields,
  }
}

export function source(fields: Partial<Source> = {}): Source {
  return {
    id: 1, name: 'Main', app: 'live', key: '', state: 'absent', since: '2026-11-23T19:00:00.000Z', address: null,
    software: null, kept_out: null, video: null, audio: null, clip: null, ...fields,
  }
}
