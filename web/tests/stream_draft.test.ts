import { expect, test } from 'vitest'
import type { Stream } from '../src/api/types'
import { unknownPlatform } from '../src/state/catalogue.svelte'
import { stray, StreamDraft, usualSource, withoutStray } from '../src/state/stream_draft.svelte'
import { source, stream } from './fixtures'
import { all } from './platforms'

const draftOf = (of: Stream | null) => new StreamDraft(of, (id) => all.find((one) => one.id === id) ?? unknownPlatform(id, id))

test('choosing a platform fills in its name and server', () => {
  const draft = draftOf(null)
  draft.choose('youtube')
  expect(draft.name).toBe('YouTube')
  expect(draft.server).toBe('rtmps://a.rtmps.youtube.com:443/live2')
})

test('choosing a platform without a fixed server leaves no server of another one behind', () => {
  const draft = draftOf(null)
  draft.choose('facebook')
  draft.choose('tiktok')
  expect(draft.server).toBe('')
})

test('what the person typed survives another choice of platform', () => {
  const draft = draftOf(null)
  draft.rename('My show')
  draft.server = 'rtmp://my.example/app'
  draft.choose('youtube')
  expect([draft.name, draft.server]).toEqual(['My show', 'rtmp://my.example/app'])
})

test('another choice takes away only servers that the platform before had filled in', () => {
  const draft = draftOf(null)
  draft.choose('youtube')
  draft.server = 'rtmp://a.rtmp.youtube.com/live2' // the second of the list
  draft.backupServer = 'rtmps://b.rtmps.youtube.com:443/live2?backup=1'
  draft.choose('facebook')
  expect([draft.server, draft.backupServer]).toEqual(['rtmps://live-api-s.facebook.com:443/rtmp/', ''])

  draft.backupServer = 'rtmp://my.example/app'
  draft.choose('youtube')
  expect(draft.backupServer).toBe('rtmp://my.example/app')
})

test('a new stream for a server of one’s own has no name that nobody gave it', () => {
  const draft = draftOf(null)
  draft.choose('youtube')
  draft.choose('custom')
  expect([draft.name, draft.server]).toEqual(['', ''])
})

test('a new stream sends all of its fields, untrimmed', () => {
  const draft = draftOf(null)
  draft.choose('custom')
  draft.rename(' Name ')
  draft.server = 'rtmp://h/a '
  draft.key = ' k\t'
  expect(draft.changes()).toEqual({
    platform: 'custom', name: ' Name ', server: 'rtmp://h/a ', key: ' k\t', source: 1, enabled: false,
  })
})

test('an edit sends only what was changed', () => {
  const draft = draftOf(stream())
  expect(draft.changes()).toEqual({})
  draft.rename('Other')
  expect(draft.changes()).toEqual({ name: 'Other' })
})

test('an edit leaves the stored key alone unless it is replaced, and can remove it', () => {
  const draft = draftOf(stream())
  draft.key = 'typed, then thought better of it'
  expect(draft.changes()).toEqual({})
  draft.replacesKey = true
  draft.key = ''
  expect(draft.changes()).toEqual({ key: '' })
})

test('a backup server is sent when it is set, and can be removed', () => {
  const fresh = draftOf(null)
  fresh.backupServer = 'rtmp://backup.example/app '
  expect(fresh.changes().backup_server).toBe('rtmp://backup.example/app ')

  const old = draftOf(stream({ enabled: true, backup_server: 'rtmp://backup.example/app' }))
  expect(old.changes()).toEqual({})
  old.backupServer = ''
  expect(old.changes()).toEqual({ backup_server: '' })
  expect(old.interruptions).toEqual(['backup_server'])
})

test('how a stream holds is sent when it is changed, and interrupts nothing', () => {
  const fresh = draftOf(null)
  fresh.hold = 0
  expect(fresh.changes().hold_s).toBe(0)
  expect(fresh.changes()).not.toHaveProperty('stop_grace_s')
  expect(fresh.changes()).not.toHaveProperty('silent_audio')

  const running = draftOf(stream({ enabled: true, hold_s: 300, stop_grace_s: 0, silent_audio: 'off' }))
  expect(running.changes()).toEqual({})
  running.hold = 60
  running.stopGrace = 10
  running.silentAudio = 'auto'
  expect(running.changes()).toEqual({ hold_s: 60, stop_grace_s: 10, silent_audio: 'auto' })
  expect(running.interruptions).toEqual([])
})

test('a time that was emptied is sent, so that sluiced can name the field', () => {
  const draft = draftOf(stream())
  draft.hold = null
  expect(JSON.stringify(draft.changes())).toBe('{"hold_s":null}')
})

test('an edit can set and forget a private authority', () => {
  const draft = draftOf(stream())
  draft.tlsCa = 'PEM'
  expect(draft.changes()).toEqual({ tls_ca: 'PEM' })
  draft.forgetsTlsCa = true
  expect(draft.changes()).toEqual({ tls_ca: '' })
})

test('only a change of where and how a running stream connects interrupts it', () => {
  const running = draftOf(stream({ enabled: true }))
  running.rename('Other')
  expect(running.interruptions).toEqual([])
  running.server = 'rtmp://other.example/app'
  expect(running.interruptions).toEqual(['server'])

  const moved = draftOf(stream({ enabled: true }))
  moved.choose('custom') // the platform stands in the arguments of the relay's process: it is a new one
  expect(moved.interruptions).toEqual(['platform'])

  const fresh = draftOf(null)
  fresh.server = 'rtmp://other.example/app'
  expect(fresh.interruptions).toEqual([])
})

test('a key that is thought better of interrupts nothing', () => {
  const draft = draftOf(stream({ enabled: true }))
  draft.replacesKey = true
  expect(draft.interruptions).toEqual(['key'])
  draft.replacesKey = false
  expect(draft.interruptions).toEqual([])
})

test('spaces at an end and line breaks are noticed, and taken out only there', () => {
  expect([stray('k'), stray(' k'), stray('k\u00a0'), stray('a b'), stray('k\n')]).toEqual([
    null, 'edge_space', 'edge_space', null, 'line_break',
  ])
  expect(withoutStray(' a b\r\nc\n')).toBe('a bc')
})

test('a test of the server uses the stored authority unless another one is typed or it is forgotten', () => {
  expect(draftOf(null).probe).toEqual({ server: '' })
  const draft = draftOf(stream({ id: 7, server: 'rtmps://h/a' }))
  expect(draft.probe).toEqual({ server: 'rtmps://h/a', stream: 7 })
  draft.tlsCa = 'PEM'
  expect(draft.probe).toEqual({ server: 'rtmps://h/a', stream: 7, tls_ca: 'PEM' })
  draft.forgetsTlsCa = true
  expect(draft.probe).toEqual({ server: 'rtmps://h/a', stream: 7, tls_ca: '' })
})

test('a new stream carries the source that publishes', () => {
  const two = source({ id: 2, state: 'publishing' })
  expect(usualSource([source(), two])).toBe(2)
  expect(usualSource([source({ state: 'publishing' }), two])).toBe(1)
  expect(usualSource([source()])).toBe(1)
})
