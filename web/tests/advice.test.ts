import { expect, test } from 'vitest'
import type { Advice, AdviceParams } from '../src/state/lint'
import { advice, type AdviceWords } from '../src/text/advice'
import { form } from '../src/text/form'

const examples: AdviceParams = {
  video_codec: { codec: 'hevc', wanted: ['h264'] },
  audio_codec: { codec: 'opus', wanted: ['aac', 'mp3'] },
  rtmps: {},
  video_kbps: { kbps: 8000, max: 6000 },
  audio_kbps: { kbps: 320, max: 128 },
  key_frames: { seconds: 4.2, wanted: 2, strict: true },
  b_frames: {},
  frame_rate: { fps: 119.88, max: 60 },
  portrait: {},
  no_audio: {},
  silence_sent: {},
  sample_rate: { rate: 48000, wanted: [44100] },
}
type Sentence = (params: Advice['params']) => AdviceWords
const told = (language: 'en' | 'fr') =>
  Object.entries(examples).map(([code, params]) => (advice[language].sentences as Record<string, Sentence>)[code]?.(params))

test('each advice says what was measured, what is wanted and where to change it', () => {
  const en = advice.en.sentences.key_frames(examples.key_frames)
  expect(en.detail).toBe('One every 4.2\u00a0s, which may be refused; wanted is one every 2\u00a0s.')
  expect(en.fix).toContain('Keyframe Interval: 2\u00a0s')
  const fr = advice.fr.sentences.key_frames(examples.key_frames)
  expect(fr.detail).toBe('Une toutes les 4,2\u00a0s, ce qui peut être refusé\u00a0; il en faut une toutes les 2\u00a0s.')
  expect(fr.fix).toContain('Intervalle d’images clés\u00a0: 2\u00a0s')
})

test('codecs and rates are listed as people read them', () => {
  expect(advice.en.sentences.audio_codec(examples.audio_codec).detail).toContain('Opus; only AAC or MP3')
  expect(advice.fr.sentences.sample_rate(examples.sample_rate).fix).toContain('44,1\u00a0kHz')
  expect(advice.fr.names(['A', 'B', 'C'])).toBe('A, B et C')
})

test('no sentence of an advice is missing or left with a hole', () => {
  for (const words of [...told('en'), ...told('fr')]) {
    expect(words?.title).toBeTruthy()
    expect(words?.detail).toBeTruthy()
    expect(JSON.stringify(words)).not.toMatch(/undefined|null|NaN|\[object/)
  }
})

/** Everything the form can say; its functions are called with a number and a name. */
function formSentences(language: 'en' | 'fr'): [string, string][] {
  return Object.entries(form[language]).flatMap(([name, value]): [string, string][] => {
    if (typeof value === 'string') return [[name, value]]
    if (name === 'because') return [[name, form[language].because(['server', 'tls_ca'])]]
    if (typeof value === 'function') return [0, 1, 7].map((n) => [name, String((value as (n: number) => string)(n))])
    return Object.entries(value as object).map(([part, words]) => [`${name}.${part}`, String(words)])
  })
}

test('French puts no-break spaces where it wants them, and no straight apostrophes', () => {
  const all = [...formSentences('fr').map(([, words]) => words), ...told('fr').flatMap((one) => Object.values(one ?? {}))]
  for (const sentence of all) {
    expect(sentence.replace(/rtmps?:/g, '')).not.toMatch(/ [:;?!»]|« |[\p{L}»][:;?!]|'/u)
  }
})

test('what the form says in French is not left in English', () => {
  const english = new Map(formSentences('en'))
  const same = formSentences('fr').filter(([name, words]) => english.get(name) === words && /[a-z]{4,} /.test(words))
  expect(same).toEqual([])
})
