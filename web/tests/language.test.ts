import { afterEach, describe, expect, test } from 'vitest'
import { text } from '../src/text'
import { en } from '../src/text/en'
import { bitrate, channels, count, frameRate, milliseconds, sampleRate } from '../src/text/format'
import { fr } from '../src/text/fr'
import { speech } from '../src/text/language.svelte'

afterEach(() => speech.choose('en'))

test('sentences and numbers change with the language', () => {
  speech.choose('fr')
  expect(text.states.live.word).toBe('En direct')
  expect(bitrate(6214)).toBe('6,2 Mbit/s')
  expect(milliseconds(1540)).toBe('1,5 s')
  expect(sampleRate(44100)).toBe('44,1 kHz')
  expect(frameRate(29.97)).toBe('29,97')
  expect(channels(2)).toBe('stéréo')
  expect(count(12345)).toBe('12\u202f345')
  speech.choose('en')
  expect(text.states.live.word).toBe('Live')
  expect(bitrate(6214)).toBe('6.2 Mbit/s')
})

/** Every sentence with where it stands; functions are called with numbers and words. */
function sentences(table: object, path = ''): [string, string][] {
  return Object.entries(table).flatMap(([name, value]): [string, string][] => {
    const here = `${path}.${name}`
    if (typeof value === 'string') return [[here, value]]
    if (typeof value === 'function') return [2, 'xx'].map((one) => [here, String(value(one, one, one))])
    return sentences(value as object, here)
  })
}

describe('French sentences', () => {
  const all = sentences(fr)

  test('are no English ones', () => {
    const english = new Map(sentences(en))
    const same = all.filter(([path, words]) => english.get(path) === words && /[a-z]{4,}.* .*[a-z]{3,}/.test(words))
    expect(same).toEqual([])
  })

  test('have no-break spaces before double signs and inside quotation marks', () => {
    const wrong = all.filter(([, words]) => / [:;?!»]|« |[^\u00a0]»/.test(words.replaceAll('https:', '')))
    expect(wrong).toEqual([])
  })

  test('have typographic apostrophes', () => {
    expect(all.filter(([, words]) => words.includes("'"))).toEqual([])
  })
})
