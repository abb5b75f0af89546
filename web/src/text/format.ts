// Numbers, times and addresses as people read them, in the language of the page.
import type { AudioFormat, Info, VideoFormat } from '../api/types'
import { speech, type Language } from './language.svelte'
import { units } from './units'

/** Formatters are costly to make, and hundreds of numbers are shown each second. */
function cached<T>(make: (language: Language) => T): () => T {
  const made = new Map<Language, T>()
  return () => {
    const language = speech.current
    const one = made.get(language) ?? make(language)
    made.set(language, one)
    return one
  }
}

const upToTwoDigits = cached((language) => new Intl.NumberFormat(language, { maximumFractionDigits: 2 }))
const oneDigit = cached((language) => new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }))
const timeOfDay: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }
const time = cached((language) => new Intl.DateTimeFormat(language, timeOfDay))
const dayAndTime = cached((language) => new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', ...timeOfDay }))

const number = (n: number): string => upToTwoDigits().format(n)

export function bitrate(kbps: number): string {
  return kbps >= 1000 ? `${oneDigit().format(kbps / 1000)} Mbit/s` : `${Math.round(kbps)} kbit/s`
}

/** A lag or an interval. */
export function milliseconds(ms: number): string {
  return ms >= 1000 ? `${number(Math.round(ms / 100) / 10)} s` : `${Math.round(ms)} ms`
}

/** A running time: 0:07, 12:05, 1:02:03. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const two = (n: number) => String(n).padStart(2, '0')
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

export function sinceNow(since: string | null, now: number): string {
  return since === null ? '' : duration(now - Date.parse(since))
}

/** When something happened: the time of day, with the date when that was not today (`today` as toDateString says it). */
export function moment(at: string, today: string): string {
  const then = new Date(at)
  return (then.toDateString() === today ? time() : dayAndTime()).format(then)
}

/** Whole seconds until `at`, never below 0. */
export function secondsUntil(at: string, now: number): number {
  return Math.max(0, Math.ceil((Date.parse(at) - now) / 1000))
}

/** What is left of a time: 42 s, 5:00. */
export function timeLeft(seconds: number): string {
  return seconds < 60 ? `${seconds} s` : duration(seconds * 1000)
}

export function count(n: number): string {
  return number(n)
}

/** 30 and 59.94, but not 30.00. */
export function frameRate(fps: number): string {
  return number(fps)
}

const codecNames: Record<string, string> = {
  h264: 'H.264', hevc: 'HEVC', av1: 'AV1', vp9: 'VP9', vp8: 'VP8', vvc: 'VVC',
  aac: 'AAC', opus: 'Opus', mp3: 'MP3', flac: 'FLAC', ac3: 'AC-3', eac3: 'E-AC-3',
}

export function codec(name: string): string {
  return codecNames[name] ?? name
}

export function sampleRate(hz: number): string {
  return `${number(hz / 1000)} kHz`
}

export function channels(n: number): string {
  return n === 1 ? units().mono : n === 2 ? units().stereo : `${n} ${units().channels}`
}

/** What is known of the picture: H.264, 1920×1080, 30 fps, 6.0 Mbit/s. */
export function videoFormat(video: VideoFormat): string {
  const { width, height, frame_rate } = video
  const size = width !== null && height !== null ? `${width}×${height}` : null
  const rate = frame_rate !== null ? `${frameRate(frame_rate)} ${units().fps}` : null
  return [codec(video.codec), size, rate, bitrate(video.kbps)].filter((part) => part !== null).join(', ')
}

/** What is known of the sound: AAC, 48 kHz, stereo, 160 kbit/s. */
export function audioFormat(audio: AudioFormat): string {
  const rate = audio.sample_rate !== null ? sampleRate(audio.sample_rate) : null
  const layout = audio.channels !== null ? channels(audio.channels) : null
  return [codec(audio.codec), rate, layout, bitrate(audio.kbps)].filter((part) => part !== null).join(', ')
}

export interface ObsServer {
  where: 'here' | 'network'
  url: string
}

/** The addresses to type into OBS for an app: on sluiced's own machine, and from other machines if any may. */
export function obsServers(info: Info, app: string): ObsServer[] {
  const url = (host: string) => `rtmp://${host.includes(':') ? `[${host}]` : host}:${info.rtmp_port}/${app}`
  const listen = host(info.rtmp_listen)
  if (isLoopback(listen)) return [{ where: 'here', url: url(listen) }]
  const everywhere = listen === '' || listen === '0.0.0.0' || listen === '::'
  const network = everywhere ? info.lan_addresses : [listen]
  const here: ObsServer[] = everywhere ? [{ where: 'here', url: url('127.0.0.1') }] : []
  return [...here, ...network.map((address): ObsServer => ({ where: 'network', url: url(address) }))]
}

/** The host of ADDR, ADDR:PORT or [ADDR]:PORT. */
function host(listen: string): string {
  const bracketed = /^\[(.*)\](?::\d+)?$/.exec(listen)
  if (bracketed) return bracketed[1] ?? ''
  return listen.split(':').length === 2 ? (listen.split(':')[0] ?? '') : listen
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address === 'localhost'
}
