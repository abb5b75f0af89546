// What of a source a platform will not like, by what is measured of the one and known of the other. What is not known
// is no reason for advice.
import type { AudioFormat, Platform, Source, Stream, VideoFormat } from '../api/types'

/** blocked: the platform cannot show it. note: good to know, and nothing has to be done. */
export type Level = 'blocked' | 'warning' | 'note'

/** What an advice's sentence is filled in with. */
export interface AdviceParams {
  video_codec: { codec: string; wanted: string[] }
  audio_codec: { codec: string; wanted: string[] }
  rtmps: Record<string, never>
  video_kbps: { kbps: number; max: number }
  audio_kbps: { kbps: number; max: number }
  /** `strict`: the platform may refuse it; otherwise it advises against it. */
  key_frames: { seconds: number; wanted: number; strict: boolean }
  b_frames: Record<string, never>
  frame_rate: { fps: number; max: number }
  portrait: Record<string, never>
  no_audio: Record<string, never>
  silence_sent: Record<string, never>
  sample_rate: { rate: number; wanted: number[] }
}
export type AdviceCode = keyof AdviceParams
export type Advice = { [C in AdviceCode]: { level: Level; code: C; params: AdviceParams[C] } }[AdviceCode]

/** The worst first. */
const levels: Level[] = ['blocked', 'warning', 'note']

/** Also of a stream that is only being typed. */
export type LintedStream = Pick<Stream, 'server' | 'silent_audio'>

export function lint(source: Source | null, stream: LintedStream, platform: Platform): Advice[] {
  const found: (Advice | null)[] = [rtmps(stream, platform)]
  if (source?.state === 'publishing') {
    const { video, audio } = source
    if (video) found.push(...videoAdvice(video, platform.video))
    // The sound arrives an instant after the picture: whether there is any shows only when some time was measured.
    if (audio) found.push(...audioAdvice(audio, platform.audio))
    else if (video && video.kbps > 0) found.push(silence(stream, platform))
  }
  return found.filter((one) => one !== null).sort((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level))
}

export interface GroupedAdvice {
  advice: Advice
  /** Of the streams or platforms that it is for; each once. */
  names: string[]
}

/** The same advice for several, told once; in the order given, the worst first. */
export function groupAdvice(each: readonly { name: string; advice: readonly Advice[] }[]): GroupedAdvice[] {
  const groups = new Map<string, GroupedAdvice>()
  for (const { name, advice: all } of each) {
    for (const advice of all) {
      const key = JSON.stringify(advice)
      const group = groups.get(key) ?? { advice, names: [] }
      groups.set(key, group)
      if (!group.names.includes(name)) group.names.push(name)
    }
  }
  return [...groups.values()].sort((a, b) => levels.indexOf(a.advice.level) - levels.indexOf(b.advice.level))
}

/**
 * The advice for everything that is on and carries this source, grouped, by the names of the streams. While nothing is on
 * yet it is for all of them: there still is time to change something.
 */
export function sourceAdvice(source: Source, streams: readonly Stream[], platformOf: (id: string) => Platform): GroupedAdvice[] {
  const own = streams.filter((stream) => stream.source === source.id)
  const on = own.filter((stream) => stream.enabled)
  const concerned = on.length > 0 ? on : own
  return groupAdvice(
    concerned.map((stream) => ({ name: stream.name, advice: lint(source, stream, platformOf(stream.platform)) })),
  )
}

/** The platform's highest bitrate for such a picture; null when that is not known. */
export function maxKbps({ width, height, frame_rate }: VideoFormat, rows: Platform['video']['max_kbps']): number | null {
  // 1080p is 1080 lines lying and 1080 columns standing.
  const lines = width === null || height === null ? height : Math.min(width, height)
  for (const row of rows) {
    if ((row.max_height !== null && lines === null) || (row.max_fps !== null && frame_rate === null)) return null
    const fits = within(lines, row.max_height, 0) && within(frame_rate, row.max_fps, frameRateSlack)
    if (fits) return row.kbps
  }
  return rows.at(-1)?.kbps ?? null // of a larger picture than the platform tells of, not even that
}

/** A bitrate swings around what is set in OBS, and is measured over three seconds only. */
const bitrateSlack = 1.1
/** Key frames every 2 s are measured as 2.002 s at 29.97 frames per second. */
const intervalSlack = 1.1
/** In frames per second; 60 is measured as 60.1. */
const frameRateSlack = 0.5

function videoAdvice(video: VideoFormat, wanted: Platform['video']): (Advice | null)[] {
  const max = maxKbps(video, wanted.max_kbps)
  return [
    codec('video_codec', video.codec, wanted.codecs),
    max !== null && video.kbps > max * bitrateSlack ? warning('video_kbps', { kbps: rounded(video.kbps), max }) : null,
    keyFrames(video.key_frame_interval_ms, wanted),
    !wanted.b_frames && video.b_frames === true ? warning('b_frames', {}) : null,
    within(video.frame_rate, wanted.max_fps, frameRateSlack)
      ? null
      : warning('frame_rate', { fps: video.frame_rate ?? 0, max: wanted.max_fps ?? 0 }),
    wanted.portrait && video.width !== null && video.height !== null && video.width > video.height ? warning('portrait', {}) : null,
  ]
}

function audioAdvice(audio: AudioFormat, wanted: Platform['audio']): (Advice | null)[] {
  const { sample_rate: rate, kbps } = audio
  const max = wanted.max_kbps
  const anyRate = rate === null || wanted.sample_rates.length === 0 || wanted.sample_rates.includes(rate)
  return [
    codec('audio_codec', audio.codec, wanted.codecs),
    max !== null && kbps > max * bitrateSlack ? warning('audio_kbps', { kbps, max }) : null,
    anyRate ? null : warning('sample_rate', { rate, wanted: wanted.sample_rates }),
  ]
}

function keyFrames(interval_ms: number | null, { key_frame_max_s, key_frame_advised_s }: Platform['video']): Advice | null {
  const wanted = key_frame_advised_s ?? key_frame_max_s
  if (interval_ms === null || wanted === null) return null
  const seconds = Math.round(interval_ms / 100) / 10
  const strict = key_frame_max_s !== null && interval_ms > key_frame_max_s * 1000 * intervalSlack
  return strict || interval_ms > wanted * 1000 * intervalSlack ? warning('key_frames', { seconds, wanted, strict }) : null
}

function silence(stream: LintedStream, platform: Platform): Advice | null {
  if (!platform.audio.required) return null
  return stream.silent_audio === 'off' ? warning('no_audio', {}) : { level: 'note', code: 'silence_sent', params: {} }
}

function rtmps(stream: LintedStream, platform: Platform): Advice | null {
  return platform.rtmps === 'required' && isPlain(stream.server) ? warning('rtmps', {}) : null
}

/** Whether a server is without TLS. */
export function isPlain(server: string): boolean {
  return /^rtmp:\/\//i.test(server)
}

function codec(code: 'video_codec' | 'audio_codec', codec: string, wanted: string[]): Advice | null {
  return wanted.length === 0 || wanted.includes(codec) ? null : { level: 'blocked', code, params: { codec, wanted } }
}

function warning<C extends AdviceCode>(code: C, params: AdviceParams[C]): Advice {
  return { level: 'warning', code, params } as Advice
}

/** Also when either is not known. */
function within(value: number | null, max: number | null, slack: number): boolean {
  return value === null || max === null || value <= max + slack
}

/** So that an advice does not change with every swing of the bitrate. */
function rounded(kbps: number): number {
  return kbps >= 1000 ? Math.round(kbps / 100) * 100 : kbps
}
