// The few words inside numbers and formats.
import { speech, type Language } from './language.svelte'

interface Units {
  fps: string
  mono: string
  stereo: string
  channels: string
}

const tables: Record<Language, Units> = {
  en: { fps: 'fps', mono: 'mono', stereo: 'stereo', channels: 'channels' },
  fr: { fps: 'i/s', mono: 'mono', stereo: 'stéréo', channels: 'canaux' },
}

export const units = (): Units => tables[speech.current]

/** A number inside a French sentence, whatever the language of the page is. */
export const decimal = (n: number): string => String(n).replace('.', ',')
