import { expect, test } from 'vitest'
import { platforms } from '../src/platforms'
import { StreamDraft } from '../src/state/stream_draft.svelte'
import { stream } from './fixtures'

test('choosing a platform fills in its name and server', () => {
  const draft = new StreamDraft(null)
  draft.choose('youtube')
  expect(draft.name).toBe('YouTube')
  expect(draft.server).toBe('rtmps://a.rtmps.youtube.com:443/live2')
})

test('choosing a platform without a fixed server leaves no server of another one behind', () => {
  const draft = new StreamDraft(null)
  draft.choose('facebook')
  draft.choose('tiktok')
  expect(draft.server).toBe('')
})

test('what the person typed survives another choice of platform', () => {
  const draft = new StreamDraft(null)
  draft.rename('My show')
  draft.server = 'rtmp://my.example/app'
  draft.choose('youtube')
  expect([draft.name, draft.server]).toEqual(['My show', 'rtmp://my.example/app'])
})

test('no server is offered that is not the same for everyone', () => {
  const offered = platforms.filter((platform) => platform.server !== '').map((platform) => platform.id)
  expect(offered).toEqual(['facebook', 'youtube'])
})

test('a new stream sends all of its fields, untrimmed', () => {
  const draft = new StreamDraft(null)
  draft.choose('custom')
  draft.rename(' Name ')
  draft.server = 'rtmp://h/a '
  draft.key = ' k\t'
  expect(draft.changes()).toEqual({
    platform: 'custom', name: ' Name ', server: 'rtmp://h/a ', key: ' k\t', source: 1, enabled: false,
  })
  expect([draft.serverHasEdgeSpace, draft.keyHasEdgeSpace]).toEqual([true, true])
})

test('an edit sends only what was changed', () => {
  const draft = new StreamDraft(stream())
  expect(draft.changes()).toEqual({})
  draft.rename('Other')
  expect(draft.changes()).toEqual({ name: 'Other' })
})

test('an edit leaves the stored key alone unless it is replaced, and can remove it', () => {
  const draft = new StreamDraft(stream())
  draft.key = 'typed, then thought better of it'
  expect(draft.changes()).toEqual({})
  draft.replacesKey = true
  draft.key = ''
  expect(draft.changes()).toEqual({ key: '' })
})

test('a backup server is sent when it is set, and can be removed', () => {
  const fresh = new StreamDraft(null)
  fresh.backupServer = 'rtmp://backup.example/app '
  expect(fresh.changes().backup_server).toBe('rtmp://backup.example/app ')
  expect(fresh.backupServerHasEdgeSpace).toBe(true)

  const old = new StreamDraft(stream({ enabled: true, backup_server: 'rtmp://backup.example/app' }))
  expect(old.changes()).toEqual({})
  old.backupServer = ''
  expect(old.changes()).toEqual({ backup_server: '' })
  expect(old.interrupts).toBe(true)
})

test('how a stream holds is sent when it is changed, and interrupts nothing', () => {
  const fresh = new StreamDraft(null)
  fresh.hold = 0
  expect(fresh.changes().hold_s).toBe(0)
  expect(fresh.changes()).not.toHaveProperty('stop_grace_s')
  expect(fresh.changes()).not.toHaveProperty('silent_audio')

  const running = new StreamDraft(stream({ enabled: true, hold_s: 300, stop_grace_s: 0, silent_audio: 'off' }))
  expect(running.changes()).toEqual({})
  running.hold = 60
  running.stopGrace = 10
  running.silentAudio = 'auto'
  expect(running.changes()).toEqual({ hold_s: 60, stop_grace_s: 10, silent_audio: 'auto' })
  expect(running.interrupts).toBe(false)
})

test('a time that was emptied is sent, so that sluiced can name the field', () => {
  const draft = new StreamDraft(stream())
  draft.hold = null
  expect(JSON.stringify(draft.changes())).toBe('{"hold_s":null}')
})

test('an edit can set and forget a private authority', () => {
  const draft = new StreamDraft(stream())
  draft.tlsCa = 'PEM'
  expect(draft.changes()).toEqual({ tls_ca: 'PEM' })
  draft.forgetsTlsCa = true
  expect(draft.changes()).toEqual({ tls_ca: '' })
})

test('only a change of where and how a running stream connects interrupts it', () => {
  const running = new StreamDraft(stream({ enabled: true }))
  running.rename('Other')
  expect(running.interrupts).toBe(false)
  running.server = 'rtmp://other.example/app'
  expect(running.interrupts).toBe(true)

  const moved = new StreamDraft(stream({ enabled: true }))
  moved.choose('custom') // the platform stands in the arguments of the relay's process: it is a new one
  expect(moved.interrupts).toBe(true)

  const stopped = new StreamDraft(stream({ enabled: false }))
  stopped.server = 'rtmp://other.example/app'
  expect(stopped.interrupts).toBe(false)
})
