// An advice in the language of the page.
import type { Advice } from '../state/lint'
import { text } from '.'
import type { AdviceWords } from './advice'

export function adviceWords(advice: Advice): AdviceWords {
  const sentence = text.advice.sentences[advice.code] as (params: Advice['params']) => AdviceWords
  return sentence(advice.params)
}
