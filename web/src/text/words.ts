// Words that came with data in both languages, in the language of the page.
import type { Words } from '../api/types'
import { speech } from './language.svelte'

export function inWords(words: Words): string {
  return words[speech.current]
}
