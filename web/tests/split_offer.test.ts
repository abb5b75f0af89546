import { expect, test } from 'vitest'
import type { Stream } from '../src/api/types'
import { unknownPlatform } from '../src/state/catalogue.svelte'
import { SplitOffer } from '../src/state/split_offer.svelte'
import { StreamDraft } from '../src/state/stream_draft.svelte'
import { stream } from './fixtures'
import { all } from './platforms'

const whole = 'rtmp://live.twitch.tv/app/live_123'

function form(of: Partial<Stream> | null = null) {
  const draft = new StreamDraft(of && stream(of), (id) => unknownPlatform(id, id))
  return { draft, offer: new SplitOffer(draft, () => all) }
}

test('a whole URL is offered split, and changes nothing until that is taken', () => {
  const { draft, offer } = form()
  draft.server = whole
  expect(offer.current).toEqual({ server: 'rtmp://live.twitch.tv/app', key: 'live_123' })
  expect([draft.server, draft.key]).toEqual([whole, ''])
  offer.accept()
  expect([draft.server, draft.key, offer.current]).toEqual(['rtmp://live.twitch.tv/app', 'live_123', null])
})

test('what is to be left as it is is not offered again, another text is', () => {
  const { draft, offer } = form()
  draft.server = whole
  offer.leave()
  expect([draft.server, offer.current]).toEqual([whole, null])
  draft.server = `${whole}4`
  expect(offer.current?.key).toBe('live_1234')
})

test('a whole URL in the field for the key is offered too', () => {
  const { draft, offer } = form()
  draft.key = whole
  offer.accept()
  expect([draft.server, draft.key]).toEqual(['rtmp://live.twitch.tv/app', 'live_123'])
})

test('server and key on two lines are kept from a field that would join them', () => {
  const { draft, offer } = form()
  expect(offer.takes('rtmp://h/live\nabc', 'server')).toBe(true)
  expect([draft.server, offer.held]).toEqual(['', true])
  offer.accept()
  expect([draft.server, draft.key, offer.held]).toEqual(['rtmp://h/live', 'abc', false])
})

test('two lines that are to be left go where they were pasted, as a field joins them', () => {
  const { draft, offer } = form()
  offer.takes('rtmp://h/live\nabc', 'server')
  offer.leave()
  expect([draft.server, draft.key, offer.current]).toEqual(['rtmp://h/liveabc', '', null])
})

test('an ordinary paste is the field’s own business', () => {
  const { offer } = form()
  expect(offer.takes('live_123\n', 'key')).toBe(false)
  expect(offer.takes(whole, 'server')).toBe(false)
  expect(offer.current).toBeNull()
})

test('while an address is being typed the first letters are no key', () => {
  const { draft, offer } = form()
  draft.server = 'rtmp://live.twitch.tv/app/liv'
  expect(offer.current).toBeNull()
})

test('nothing is guessed of a stream that has its key, and its own server is left alone', () => {
  const edited = form({ server: 'rtmp://h/live/part_0001', key_set: true })
  expect(edited.offer.current).toBeNull()
  edited.draft.server = 'rtmp://h/live/part_0002'
  expect(edited.offer.current).toBeNull()
  edited.draft.server = whole
  edited.offer.accept()
  expect(edited.draft.changes()).toMatchObject({ server: 'rtmp://live.twitch.tv/app', key: 'live_123' })
})
