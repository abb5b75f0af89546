// The sentences in the language of the page. Each section is looked up when it is used, so that what shows it changes
// with the language.
import { en, type Text } from './en'
import { fr } from './fr'
import { speech } from './language.svelte'

const tables: Record<typeof speech.current, Text> = { en, fr }

export const text: Text = new Proxy(en, { get: (_, section) => Reflect.get(tables[speech.current], section) })
