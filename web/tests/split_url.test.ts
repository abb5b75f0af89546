import { expect, test } from 'vitest'
import { maskKey, splitUrl } from '../src/state/split_url'
import { all } from './platforms'

const split = (pasted: string, keyMissing = true) => {
  const found = splitUrl(pasted, all, keyMissing)
  return found && [found.server, found.key]
}

test('a known server is the server, and what follows it the key', () => {
  expect(split('rtmps://live-api-s.facebook.com:443/rtmp/FB-123-0-Ab?s_bl=1&s_sw=0')).toEqual([
    'rtmps://live-api-s.facebook.com:443/rtmp/', 'FB-123-0-Ab?s_bl=1&s_sw=0',
  ])
  expect(split('rtmps://a.rtmps.youtube.com:443/live2/abcd-efgh-ijkl')).toEqual([
    'rtmps://a.rtmps.youtube.com:443/live2', 'abcd-efgh-ijkl',
  ])
})

test('a known server may be written without its port, in capitals or with the other scheme, and stays as it is written', () => {
  expect(split('rtmps://live-api-s.facebook.com/rtmp/FB-1')).toEqual(['rtmps://live-api-s.facebook.com/rtmp/', 'FB-1'])
  expect(split('RTMPS://A.RTMPS.YouTube.com/live2/abcd')).toEqual(['RTMPS://A.RTMPS.YouTube.com/live2', 'abcd'])
  expect(split('rtmp://live-api-s.facebook.com:80/rtmp/FB-1')).toEqual(['rtmp://live-api-s.facebook.com:80/rtmp/', 'FB-1'])
})

test('a slash too many between server and key belongs to neither', () => {
  expect(split('rtmps://live-api-s.facebook.com:443/rtmp//FB-1')).toEqual(['rtmps://live-api-s.facebook.com:443/rtmp/', 'FB-1'])
})

test('a known server alone is no whole URL, with or without a slash at its end', () => {
  for (const server of [
    'rtmps://live-api-s.facebook.com:443/rtmp/', 'rtmps://live-api-s.facebook.com:443/rtmp', 'rtmps://a.rtmps.youtube.com:443/live2/',
    'rtmps://b.rtmps.youtube.com:443/live2?backup=1', 'rtmp://liveorigin.dlive.nicovideo.jp/live/input', 'rtmp://cdg10.twitch.tv/app',
    'rtmp://x.live.rmbl.ws/slot-1234',
  ]) {
    expect(split(server), server).toBeNull()
  }
})

test('an app of two parts stays whole', () => {
  expect(split('rtmp://liveorigin.dlive.nicovideo.jp/live/input/key_9')).toEqual(['rtmp://liveorigin.dlive.nicovideo.jp/live/input', 'key_9'])
})

test('the query of YouTube’s backup server belongs to the server, wherever it was put', () => {
  const server = 'rtmps://b.rtmps.youtube.com:443/live2?backup=1'
  expect(split(`${server}/abcd-efgh`)).toEqual([server, 'abcd-efgh'])
  expect(split('rtmps://b.rtmps.youtube.com:443/live2/abcd-efgh?backup=1')).toEqual([server, 'abcd-efgh'])
})

test('the query of a key belongs to the key', () => {
  expect(split('rtmp://live.castr.com/static/live_abc?password=x1/y=')).toEqual(['rtmp://live.castr.com/static', 'live_abc?password=x1/y='])
})

test('a server of the form that a platform gives is known too', () => {
  expect(split('rtmp://live.twitch.tv/app/live_123')).toEqual(['rtmp://live.twitch.tv/app', 'live_123'])
  expect(split('rtmp://x.live.rmbl.ws/slot-12/key')).toEqual(['rtmp://x.live.rmbl.ws/slot-12', 'key'])
})

test('a known app is not taken for the beginning of another one', () => {
  expect(split('rtmp://live.twitch.tv/application')).toBeNull()
  expect(split('rtmp://nottwitch.tv/app')).toBeNull()
})

test('at an unknown server the last part is the key if it looks like one', () => {
  expect(split('rtmp://push.example.com/live/stream-81ab')).toEqual(['rtmp://push.example.com/live', 'stream-81ab'])
  expect(split('rtmp://h:1936/live/a/b/abcdefghijklmnop')).toEqual(['rtmp://h:1936/live/a/b', 'abcdefghijklmnop'])
  expect(split('rtmps://dc4-1.rtmp.t.me/s/2012345678:AbC-dEf')).toEqual(['rtmps://dc4-1.rtmp.t.me/s', '2012345678:AbC-dEf'])
  expect(split('rtmp://[::1]:1935/live/key?a=b/c')).toEqual(['rtmp://[::1]:1935/live', 'key?a=b/c'])
  expect(split('rtmp://h/live?x=1/secret_123')).toEqual(['rtmp://h/live?x=1', 'secret_123'])
})

test('what does not look like a key is left with the app', () => {
  for (const server of ['rtmp://h/live', 'rtmp://h/live/input', 'rtmp://h/live/', 'rtmp://h/live/main/', 'rtmp://h/app?token=abc', 'rtmp://h/', 'rtmp://h']) {
    expect(split(server), server).toBeNull()
  }
})

test('nothing is guessed when there is a key already, but a known server still is known', () => {
  expect(split('rtmps://id.channel.media.azure.net:2935/live/0123456789abcdef', false)).toBeNull()
  expect(split('rtmp://live.twitch.tv/app/live_123', false)).toEqual(['rtmp://live.twitch.tv/app', 'live_123'])
})

test('server and key on two lines are told apart', () => {
  expect(split('rtmp://h/live/\r\nabc\n')).toEqual(['rtmp://h/live/', 'abc'])
  expect(split('Server: rtmp://h/live\nStream key: abc?d=e')).toEqual(['rtmp://h/live', 'abc?d=e'])
  expect(split('URL : rtmps://h/s/\nClé de stream : 123:abc')).toEqual(['rtmps://h/s/', '123:abc'])
  expect(split('rtmps://h/s/ 123:abc')).toEqual(['rtmps://h/s/', '123:abc'])
})

test('what is no URL, or more than a server and a key, is left alone', () => {
  for (const pasted of ['', 'live_123', 'https://h/live/key_1234', 'rtmp://h/live one two', 'see rtmp', 'srt://h:9/live/key_1234']) {
    expect(split(pasted), pasted).toBeNull()
  }
})

test('of a masked key little is seen', () => {
  expect(maskKey('live_123456789')).toBe('liv••••••')
  expect(maskKey('short')).toBe('••••••')
})
