import { describe, expect, test } from 'vitest'
import {
  audioFormat, bitrate, channels, codec, count, duration, frameRate, milliseconds, moment, obsServers, sampleRate,
  secondsUntil, sinceNow, timeLeft, videoFormat,
} from '../src/text/format'
import { text } from '../src/text'

test('bit rates change their unit at one megabit', () => {
  expect(bitrate(0)).toBe('0 kbit/s')
  expect(bitrate(999)).toBe('999 kbit/s')
  expect(bitrate(1000)).toBe('1.0 Mbit/s')
  expect(bitrate(6214)).toBe('6.2 Mbit/s')
})

test('of picture and sound only what is known is said', () => {
  const video = { codec: 'av1', width: 1920, height: 1080, frame_rate: 29.97, key_frame_interval_ms: 2000, b_frames: false, kbps: 6000 }
  expect(videoFormat(video)).toBe('AV1, 1920×1080, 29.97 fps, 6.0 Mbit/s')
  expect(videoFormat({ ...video, width: null, height: null, frame_rate: null })).toBe('AV1, 6.0 Mbit/s')
  const audio = { codec: 'opus', sample_rate: 48000, channels: 2, kbps: 160 }
  expect(audioFormat(audio)).toBe('Opus, 48 kHz, stereo, 160 kbit/s')
  expect(audioFormat({ ...audio, sample_rate: null, channels: null })).toBe('Opus, 160 kbit/s')
})

test('lags are in milliseconds below a second', () => {
  expect(milliseconds(0)).toBe('0 ms')
  expect(milliseconds(999)).toBe('999 ms')
  expect(milliseconds(1540)).toBe('1.5 s')
  expect(milliseconds(2000)).toBe('2 s')
})

test('running times show hours only when there are some', () => {
  expect(duration(7_000)).toBe('0:07')
  expect(duration(725_000)).toBe('12:05')
  expect(duration(3_723_000)).toBe('1:02:03')
  expect(duration(90_000_000)).toBe('25:00:00')
})

test('a clock that is behind the server shows no negative time', () => {
  const since = '2026-11-23T20:00:10.000Z'
  const now = Date.parse('2026-11-23T20:00:00.000Z')
  expect(sinceNow(since, now)).toBe('0:00')
  expect(secondsUntil('2026-11-23T19:59:00.000Z', now)).toBe(0)
})

test('a countdown reaches zero only when its time has come', () => {
  const at = '2026-11-23T20:00:10.000Z'
  expect(secondsUntil(at, Date.parse(at) - 1)).toBe(1)
  expect(secondsUntil(at, Date.parse(at))).toBe(0)
})

test('time left is in minutes from one minute on', () => {
  expect([0, 42, 59].map(timeLeft)).toEqual(['0 s', '42 s', '59 s'])
  expect([60, 300, 3600].map(timeLeft)).toEqual(['1:00', '5:00', '1:00:00'])
})

test('the end of a hold is told as long as it can be averted', () => {
  expect(text.streams.endsIn(42)).toBe('The show ends in 42 s unless the source is back by then.')
  expect(text.streams.endsIn(0)).toBe('Ending the show…')
})

test('formats are named as people name them', () => {
  expect(codec('h264')).toBe('H.264')
  expect(codec('something')).toBe('something')
  expect(frameRate(30)).toBe('30')
  expect(frameRate(59.9401)).toBe('59.94')
  expect(sampleRate(44100)).toBe('44.1 kHz')
  expect([1, 2, 6].map(channels)).toEqual(['mono', 'stereo', '6 channels'])
  expect(count(12345)).toBe('12,345')
})

describe('the addresses for OBS', () => {
  const info = { version: '1', rtmp_port: 1935, rtmp_listen: '0.0.0.0:1935', lan_addresses: ['192.168.1.10', 'fd00::5'] }

  test('are this machine and each address of the network when everyone may publish', () => {
    expect(obsServers(info, 'live')).toEqual([
      { where: 'here', url: 'rtmp://127.0.0.1:1935/live' },
      { where: 'network', url: 'rtmp://192.168.1.10:1935/live' },
      { where: 'network', url: 'rtmp://[fd00::5]:1935/live' },
    ])
  })

  test.each(['127.0.0.1:1935', '127.0.0.1', 'localhost:1935'])('are this machine alone when sluiced listens on %s', (listen) => {
    const urls = obsServers({ ...info, rtmp_listen: listen }, 'live')
    expect(urls.map((one) => one.where)).toEqual(['here'])
  })

  test('are the one address when sluiced listens on that only', () => {
    expect(obsServers({ ...info, rtmp_listen: '192.168.1.10:1935' }, 'live')).toEqual([
      { where: 'network', url: 'rtmp://192.168.1.10:1935/live' },
    ])
  })

  test.each(['[::]:1935', '::'])('understand the IPv6 way to say everywhere, %s', (listen) => {
    expect(obsServers({ ...info, rtmp_listen: listen }, 'live')).toHaveLength(3)
  })

  test('carry the port and app of the source', () => {
    const urls = obsServers({ ...info, rtmp_listen: '[::1]:19350', rtmp_port: 19350 }, 'show/one')
    expect(urls).toEqual([{ where: 'here', url: 'rtmp://[::1]:19350/show/one' }])
  })
})

test('just after midnight it is not 24 o’clock, and another day is named', () => {
  const at = new Date(2026, 10, 26, 0, 5, 0)
  expect(moment(at.toISOString(), at.toDateString())).toBe('00:05:00')
  expect(moment(at.toISOString(), 'another day')).toMatch(/Nov/)
})
