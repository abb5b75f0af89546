// The words of advice in the language of the page. They come with what shows advice.
import type { Advice } from '../state/lint'
import { advice, type AdviceText, type AdviceWords } from './advice'
import { speech } from './language.svelte'

export const adviceText: AdviceText = new Proxy(advice.en, { get: (_, name) => Reflect.get(advice[speech.current], name) })

export function adviceWords(one: Advice): AdviceWords {
  const sentence = adviceText.sentences[one.code] as (params: Advice['params']) => AdviceWords
  return sentence(one.params)
}
