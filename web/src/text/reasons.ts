// Why a stream is not live, in the language of the person. The sentences are those of texts/reasons.json, which
// sluiced and the command line have built in too; how they are filled in stands in src/base/reasons.hpp.
import table from '../../../texts/reasons.json'
import type { Reason } from '../api/types'
import { speech, type Language } from './language.svelte'

type Sentences = Record<Language, string>

export interface ReasonText {
  text: string
  /** For the lang attribute: a sentence of sluiced's own is English on a French page too. */
  lang: Language
}

/** A code that this page does not know is told in sluiced's own words, in English. */
export function reasonText(reason: Reason, wanted: Language = speech.current): ReasonText {
  const sentences = Object.hasOwn(table, reason.code) ? (table as Record<string, Sentences>)[reason.code] : undefined
  if (sentences === undefined) return { text: reason.text, lang: 'en' }
  return { text: fillIn(sentences[wanted], reason.params), lang: wanted }
}

/** A part in [brackets] is left out unless all {parameters} in it are known. */
export function fillIn(sentence: string, params: Reason['params']): string {
  return sentence.replace(/\[([^\]]*)\]/g, (_, part: string) => {
    let whole = true
    const filled = part.replace(/\{([^}]*)\}/g, (_, name: string) => {
      const known = Object.hasOwn(params, name)
      whole &&= known
      return known ? String(params[name]) : ''
    })
    return whole ? filled : ''
  })
}
