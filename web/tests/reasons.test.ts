import { describe, expect, test } from 'vitest'
import table from '../../texts/reasons.json'
import { languageOf } from '../src/text/language.svelte'
import { fillIn, reasonText } from '../src/text/reasons'

test.each([
  [['fr'], 'fr'],
  [['fr-CA', 'en'], 'fr'],
  [['FR-fr'], 'fr'],
  [['en-GB', 'fr'], 'en'],
  [['de-DE', 'fr', 'en'], 'fr'],
  [['de-DE'], 'en'],
  [['frr', 'fur'], 'en'],
  [[], 'en'],
] as const)('who prefers %j reads %s', (preferred, language) => {
  expect(languageOf(preferred)).toBe(language)
})

describe('a reason', () => {
  const refused = { code: 'key_refused', text: 'The API says this.', params: { words: 'Not open' } }

  test('is told in the language of the person, with its parameters', () => {
    const french = reasonText(refused, 'fr')
    expect(french.lang).toBe('fr')
    expect(french.text).toContain('La plateforme a refusé la clé de stream')
    expect(french.text).toContain('«\u00a0Not open\u00a0»')
    const english = reasonText(refused, 'en')
    expect(english.lang).toBe('en')
    expect(english.text).toContain('The platform refused the stream key')
    expect(english.text).toContain('“Not open”')
  })

  test('is whole without its parameters', () => {
    for (const code of Object.keys(table)) {
      for (const language of ['en', 'fr'] as const) {
        expect(reasonText({ code, text: '', params: {} }, language).text).toMatch(/^[^[\]{}]{20,}\.$/)
      }
    }
  })

  test.each(['no_such_code', 'toString', '__proto__'])('with the unknown code %s is told in the words of sluiced', (code) => {
    expect(reasonText({ code, text: 'Something new.', params: {} }, 'fr')).toEqual({ text: 'Something new.', lang: 'en' })
  })
})

test('a part in brackets needs all its parameters, and values are no sentences themselves', () => {
  const sentence = 'It ended[ (signal {signal})][ ({a} and {b})].'
  expect(fillIn(sentence, {})).toBe('It ended.')
  expect(fillIn(sentence, { signal: '9', a: '1' })).toBe('It ended (signal 9).')
  expect(fillIn(sentence, { b: '[{a}]', a: '$&' })).toBe('It ended ($& and [{a}]).')
})
