// The page's parts with the catalogue that sluiced has built in.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Platform } from '../src/api/types'
import { lint } from '../src/state/lint'
import { splitUrl } from '../src/state/split_url'
import { limits } from '../src/text/limits'
import { source, stream } from './fixtures'

const file = new URL('../../platforms/platforms.json', import.meta.url)
const { platforms } = JSON.parse(readFileSync(file, 'utf8')) as { platforms: Platform[] }
const servers = platforms.flatMap((platform) => [...platform.servers, ...platform.backup_servers].map(({ url }) => url))

test('no server of the catalogue is taken for server and key in one', () => {
  expect(servers.length).toBeGreaterThan(5)
  expect(servers.filter((url) => splitUrl(url, platforms) !== null)).toEqual([])
})

test('each server of the catalogue with a key behind it is split where the key begins', () => {
  for (const server of servers) {
    const pasted = server.endsWith('/') ? `${server}k-1?x=/y:z` : `${server}/k-1?x=/y:z`
    expect(splitUrl(pasted, platforms, false), pasted).toEqual({ server, key: 'k-1?x=/y:z' })
  }
})

test('what is usual everywhere gets no advice but where a platform is known to want otherwise', () => {
  const usual = source({
    state: 'publishing',
    video: { codec: 'h264', width: 1920, height: 1080, frame_rate: 30, key_frame_interval_ms: 2000, b_frames: false, kbps: 4500 },
    audio: { codec: 'aac', sample_rate: 48000, channels: 2, kbps: 128 },
  })
  const advised = platforms.map(({ id, ...rest }) => [id, ...lint(usual, stream({ server: 'rtmps://h/a' }), { id, ...rest }).map(({ code }) => code)])
  expect(advised.filter(([, ...codes]) => codes.length > 0)).toEqual([
    ['tiktok', 'portrait'],
    ['instagram', 'portrait', 'sample_rate'],
    ['chzzk', 'key_frames'],
    ['soop', 'key_frames'],
  ])
})

test('every platform’s limits can be told', () => {
  for (const platform of platforms) expect(limits(platform)).not.toMatch(/undefined|null|NaN/)
})
