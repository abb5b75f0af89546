// Platforms for the tests, as the catalogue has them.
import type { Platform } from '../src/api/types'

export function platform(fields: Partial<Platform> = {}): Platform {
  return {
    id: 'plain', name: 'Plain', servers: [], server_form: null, backup_servers: [], rtmps: 'unknown', session_server: false,
    video: {
      codecs: ['h264'], max_kbps: [], key_frame_max_s: null, key_frame_advised_s: null, b_frames: true, portrait: false,
      max_fps: null,
    },
    audio: { codecs: ['aac'], max_kbps: null, sample_rates: [], required: false },
    max_hours: null, key: { en: 'The dashboard shows it.', fr: 'Le tableau de bord l’affiche.' }, notes: [], links: [],
    ...fields,
  }
}

const server = (url: string) => ({ name: url, url })
const plain = platform()

export const facebook = platform({
  id: 'facebook', name: 'Facebook', rtmps: 'required', max_hours: 8,
  servers: [server('rtmps://live-api-s.facebook.com:443/rtmp/')],
  server_form: 'rtmps://live-api-s.facebook.com:443/rtmp/',
  video: {
    ...plain.video, key_frame_max_s: 4, key_frame_advised_s: 2,
    max_kbps: [
      { max_height: 720, max_fps: 30, kbps: 4000 },
      { max_height: 720, max_fps: 60, kbps: 6000 },
      { max_height: 1080, max_fps: 30, kbps: 6000 },
      { max_height: 1080, max_fps: 60, kbps: 9000 },
    ],
  },
  audio: { codecs: ['aac'], max_kbps: 256, sample_rates: [44100, 48000], required: true },
})

export const youtube = platform({
  id: 'youtube', name: 'YouTube', rtmps: 'optional',
  servers: [server('rtmps://a.rtmps.youtube.com:443/live2'), server('rtmp://a.rtmp.youtube.com/live2')],
  backup_servers: [server('rtmps://b.rtmps.youtube.com:443/live2?backup=1')],
  video: { ...plain.video, codecs: ['h264', 'hevc', 'av1'], key_frame_advised_s: 2 },
})

export const tiktok = platform({ id: 'tiktok', name: 'TikTok', session_server: true, video: { ...plain.video, portrait: true } })

export const twitch = platform({
  id: 'twitch', name: 'Twitch', server_form: 'rtmp://….twitch.tv/app',
  video: { ...plain.video, key_frame_advised_s: 2, max_kbps: [{ max_height: null, max_fps: null, kbps: 6000 }] },
  audio: { ...plain.audio, max_kbps: 320 },
})

export const chzzk = platform({
  id: 'chzzk', name: 'CHZZK', servers: [server('rtmp://global-rtmp.lip2.navercorp.com:8080/relay')],
  video: { ...plain.video, key_frame_max_s: 1, key_frame_advised_s: 1, b_frames: false },
})

export const niconico = platform({
  id: 'niconico', name: 'niconico', servers: [server('rtmp://liveorigin.dlive.nicovideo.jp/live/input')],
})

export const castr = platform({ id: 'castr', name: 'Castr', servers: [server('rtmp://live.castr.com/static')] })
export const rumble = platform({ id: 'rumble', name: 'Rumble', server_form: 'rtmp://….live.rmbl.ws/slot-…' })

export const all = [facebook, tiktok, youtube, twitch, chzzk, niconico, castr, rumble]
