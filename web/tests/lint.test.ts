import { expect, test } from 'vitest'
import type { AudioFormat, Source, VideoFormat } from '../src/api/types'
import { groupAdvice, lint, maxKbps, sourceAdvice } from '../src/state/lint'
import { source, stream } from './fixtures'
import { all, chzzk, facebook, platform, tiktok, twitch, youtube } from './platforms'

const video = (fields: Partial<VideoFormat> = {}): VideoFormat => ({
  codec: 'h264', width: 1920, height: 1080, frame_rate: 30, key_frame_interval_ms: 2000, b_frames: false, kbps: 4500, ...fields,
})
const audio = (fields: Partial<AudioFormat> = {}): AudioFormat => ({ codec: 'aac', sample_rate: 48000, channels: 2, kbps: 128, ...fields })
const publishing = (picture: VideoFormat | null = video(), sound: AudioFormat | null = audio()): Source =>
  source({ state: 'publishing', video: picture, audio: sound })
const secure = stream({ server: 'rtmps://h/app' })
const codes = (of: Source | null, to = facebook, by = secure) => lint(of, by, to).map(({ level, code }) => `${level} ${code}`)

test('a usual show pleases the platforms that it fits', () => {
  expect(codes(publishing(), facebook)).toEqual([])
  expect(codes(publishing(), youtube)).toEqual([])
  expect(codes(publishing(), twitch)).toEqual([])
})

test('a bitrate is measured against the first row that the picture fits into', () => {
  const rows = facebook.video.max_kbps
  expect(maxKbps(video({ width: 1280, height: 720 }), rows)).toBe(4000)
  expect(maxKbps(video({ width: 1280, height: 720, frame_rate: 59.94 }), rows)).toBe(6000)
  expect(maxKbps(video(), rows)).toBe(6000)
  expect(maxKbps(video({ frame_rate: 60.2 }), rows)).toBe(9000)
  expect(maxKbps(video({ width: 1080, height: 1920 }), rows)).toBe(6000)
})

test('a picture larger than every row is measured against the last, an unknown one against none', () => {
  const rows = facebook.video.max_kbps
  expect(maxKbps(video({ width: 3840, height: 2160 }), rows)).toBe(9000)
  expect(maxKbps(video({ width: null, height: null }), rows)).toBeNull()
  expect(maxKbps(video({ frame_rate: null }), rows)).toBeNull()
  expect(maxKbps(video({ height: null, frame_rate: null }), twitch.video.max_kbps)).toBe(6000)
  expect(maxKbps(video(), [])).toBeNull()
})

test('a bitrate that only swings above the limit is no trouble, one that was set so is', () => {
  expect(codes(publishing(video({ kbps: 6500 })))).toEqual([])
  expect(lint(publishing(video({ kbps: 8039 })), secure, facebook)).toEqual([
    { level: 'warning', code: 'video_kbps', params: { kbps: 8000, max: 6000 } },
  ])
  expect(lint(publishing(video(), audio({ kbps: 320 })), secure, facebook)).toEqual([
    { level: 'warning', code: 'audio_kbps', params: { kbps: 320, max: 256 } },
  ])
})

test('key frames further apart than advised are told, and more urgently above the limit', () => {
  const every = (key_frame_interval_ms: number | null) => lint(publishing(video({ key_frame_interval_ms })), secure, facebook)
  expect(every(2002)).toEqual([])
  expect(every(null)).toEqual([])
  expect(every(3000)).toEqual([{ level: 'warning', code: 'key_frames', params: { seconds: 3, wanted: 2, strict: false } }])
  expect(every(8342)).toEqual([{ level: 'warning', code: 'key_frames', params: { seconds: 8.3, wanted: 2, strict: true } }])
})

test('a limit alone is what is wanted', () => {
  const strict = platform({ video: { ...facebook.video, key_frame_advised_s: null } })
  expect(lint(publishing(video({ key_frame_interval_ms: 5000 })), secure, strict)[0]?.params).toEqual({ seconds: 5, wanted: 4, strict: true })
})

test('B-frames are told only where none may be, and where there are some', () => {
  expect(codes(publishing(video({ b_frames: true, key_frame_interval_ms: 1000 })), chzzk)).toEqual(['warning b_frames'])
  expect(codes(publishing(video({ b_frames: null, key_frame_interval_ms: 1000 })), chzzk)).toEqual([])
  expect(codes(publishing(video({ b_frames: true })), facebook)).toEqual([])
})

test('what a platform cannot decode blocks, and comes first', () => {
  expect(codes(publishing(video({ codec: 'hevc', key_frame_interval_ms: 9000 }), audio({ codec: 'opus' })))).toEqual([
    'blocked video_codec', 'blocked audio_codec', 'warning key_frames',
  ])
  expect(codes(publishing(video({ codec: 'hevc' })), youtube)).toEqual([])
})

test('where no codec is known none is blocked', () => {
  const open = platform({ video: { ...twitch.video, codecs: [] }, audio: { ...twitch.audio, codecs: [] } })
  expect(codes(publishing(video({ codec: 'av1' }), audio({ codec: 'opus' })), open)).toEqual([])
})

test('a source without sound is a warning only where Sluice may not send silence', () => {
  const silent = publishing(video(), null)
  expect(codes(silent, facebook, stream({ silent_audio: 'off' }))).toEqual(['warning no_audio'])
  expect(codes(silent, facebook, stream({ silent_audio: 'auto' }))).toEqual(['note silence_sent'])
  expect(codes(silent, facebook, stream({ silent_audio: 'on' }))).toEqual(['note silence_sent'])
  expect(codes(silent, twitch, stream({ silent_audio: 'off' }))).toEqual([])
})

test('before anything was measured a missing sound is not told', () => {
  expect(codes(publishing(video({ kbps: 0 }), null), facebook, stream({ silent_audio: 'off' }))).toEqual([])
})

test('sample rate, frame rate and orientation are told where they are wanted otherwise', () => {
  const instagram = platform({
    video: { ...tiktok.video, max_fps: 60 }, audio: { ...tiktok.audio, sample_rates: [44100] },
  })
  expect(codes(publishing(video({ frame_rate: 120 })), instagram)).toEqual([
    'warning frame_rate', 'warning portrait', 'warning sample_rate',
  ])
  expect(codes(publishing(video({ width: 720, height: 1280 }), audio({ sample_rate: 44100 })), instagram)).toEqual([])
  expect(codes(publishing(video({ width: null, height: null, frame_rate: null }), audio({ sample_rate: null })), instagram)).toEqual([])
})

test('a server without TLS is told even before the source is there', () => {
  const plain = stream({ server: 'RTMP://live-api-s.facebook.com/rtmp/' })
  expect(codes(null, facebook, plain)).toEqual(['warning rtmps'])
  expect(codes(source(), facebook, plain)).toEqual(['warning rtmps'])
  expect(codes(null, twitch, plain)).toEqual([])
})

test('what was measured of a source that has gone gives no advice', () => {
  expect(codes({ ...publishing(video({ codec: 'hevc' })), state: 'absent' })).toEqual([])
})

test('the same advice for several is told once, with all of their names', () => {
  const slow = publishing(video({ key_frame_interval_ms: 4200 }))
  const one = lint(slow, secure, youtube)
  const grouped = groupAdvice([
    { name: 'A', advice: one },
    { name: 'B', advice: lint(publishing(video({ codec: 'av1' })), secure, twitch) },
    { name: 'C', advice: lint(slow, secure, twitch) },
    { name: 'A', advice: one },
  ])
  expect(grouped.map(({ advice, names }) => [advice.code, names])).toEqual([['video_codec', ['B']], ['key_frames', ['A', 'C']]])
})

test('only streams that are on and carry the source are asked', () => {
  const slow = publishing(video({ key_frame_interval_ms: 9000 }))
  const streams = [
    stream({ id: 1, name: 'on', enabled: true }), stream({ id: 2, name: 'off' }),
    stream({ id: 3, name: 'elsewhere', enabled: true, source: 2 }), stream({ id: 4, name: 'unknown', platform: 'new', enabled: true }),
  ]
  const platformOf = (id: string) => all.find((one) => one.id === id) ?? platform({ id })
  expect(sourceAdvice(slow, streams, platformOf).map(({ names }) => names)).toEqual([['on']])
})

test('before a show all that carry the source are advised', () => {
  const streams = [stream({ id: 1, name: 'one' }), stream({ id: 2, name: 'two' }), stream({ id: 3, name: 'elsewhere', source: 2 })]
  const far = publishing(video({ key_frame_interval_ms: 10_000 }))
  expect(sourceAdvice(far, streams, () => facebook).map(({ names }) => names)).toEqual([['one', 'two']])
})
