// The platforms the form offers. A server is filled in only where it is the same for everyone; every other
// platform gives its own with the key, and a guess would fail in the middle of a show.

export interface Platform {
  id: string
  name: string
  server: string
  serverHint: string
  keyHint: string
}

export const platforms: Platform[] = [
  {
    id: 'facebook',
    name: 'Facebook',
    server: 'rtmps://live-api-s.facebook.com:443/rtmp/',
    serverHint: 'Filled in: the same for everyone.',
    keyHint: 'Facebook shows it where you set up the live video.',
  },
  {
    id: 'tiktok',
    name: 'TikTok',
    server: '',
    serverHint: 'TikTok shows a server URL for each broadcast. Copy it from there.',
    keyHint: 'New for every broadcast, with the server URL.',
  },
  {
    id: 'youtube',
    name: 'YouTube',
    server: 'rtmps://a.rtmps.youtube.com:443/live2',
    serverHint: 'Filled in: the same for everyone.',
    keyHint: 'YouTube shows it where you go live.',
  },
  {
    id: 'twitch',
    name: 'Twitch',
    server: '',
    serverHint: 'The ingest server near you, from Twitch’s list. It ends in /app.',
    keyHint: 'Twitch shows it in your dashboard.',
  },
  {
    id: 'onestream',
    name: 'OneStream',
    server: '',
    serverHint: 'Shown in your OneStream dashboard.',
    keyHint: 'Shown in your OneStream dashboard.',
  },
  {
    id: 'custom',
    name: 'Another server',
    server: '',
    serverHint: 'Begins with rtmp:// or rtmps:// and ends with the app.',
    keyHint: 'May be empty if the server wants none.',
  },
]

/** Also answers for a platform this page does not know, by its own name. */
export function platformOf(id: string): Platform {
  return platforms.find((platform) => platform.id === id) ?? { id, name: id, server: '', serverHint: '', keyHint: '' }
}
