// The language of the page: the browser's until a person chooses another one, which this browser then remembers.

export const languages = { en: 'English', fr: 'Français' } as const
export type Language = keyof typeof languages

const storageKey = 'sluice.language'

/** The first of the preferred languages that there are sentences for; English when there is none. */
export function languageOf(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const language = tag.toLowerCase().split('-')[0] ?? ''
    if (isLanguage(language)) return language
  }
  return 'en'
}

class Speech {
  current: Language = $state(remembered() ?? languageOf(globalThis.navigator?.languages ?? []))

  choose(language: Language): void {
    this.current = language
    try {
      globalThis.localStorage?.setItem(storageKey, language)
    } catch {
      // A browser that keeps nothing: the choice lasts as long as the page.
    }
  }
}

function remembered(): Language | null {
  try {
    const language = globalThis.localStorage?.getItem(storageKey) ?? ''
    return isLanguage(language) ? language : null
  } catch {
    return null
  }
}

function isLanguage(text: string): text is Language {
  return Object.hasOwn(languages, text)
}

export const speech = new Speech()
