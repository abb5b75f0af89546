// Why a stream is not live, in the language of the person. The sentences are those of texts/reasons.json, which
// sluiced and the command line have built in too; how they are filled in stands in src/base/reasons.hpp.
import table from '../../../texts/reasons.json'
import type { Reason } from '../api/types'

export type Language = 'en' | 'fr'
type Sentences = Record<Language, string>

/** The first of the preferred languages that there are sentences for; English when there is none. */
export function languageOf(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const [language] = tag.toLowerCase().split('-')
    if (language === 'fr' || language === 'en') return language
  }
  return 'en'
}

export const language: Language = languageOf(globalThis.navigator?.languages ?? [])

export interface ReasonText {
  text: string
  /** For the lang attribute: the rest of the page is English. */
  lang: Language
}

/** A code that this page does not know is told in sluiced's own words, in English. */
export function reasonText(reason: Reason, wanted: Language = language): ReasonText {
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
