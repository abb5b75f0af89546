// The platforms that the page knows something of, as sluiced lists them; and a server of one's own, which the page adds.
import type { Platform, Platforms } from '../api/types'
import { text } from '../text'

export const customId = 'custom'

export class Catalogue {
  readonly #ask: () => Promise<Platforms>
  #listed: Platform[] = $state.raw([])
  /** Whether the last try to read it went wrong. What was read before stays. */
  failed = $state(false)
  loaded = $state(false)

  constructor(ask: () => Promise<Platforms>) {
    this.#ask = ask
  }

  async load(): Promise<void> {
    try {
      this.#listed = (await this.#ask()).platforms.filter((platform) => platform.id !== customId)
      this.loaded = true
      this.failed = false
    } catch {
      this.failed = true
    }
  }

  /** In the order of the catalogue; the server of one's own is the last. */
  get platforms(): Platform[] {
    return [...this.#listed, this.of(customId)]
  }

  /** Of a platform that is not listed nothing is known but its id, which then is its name too. */
  of(id: string): Platform {
    const listed = this.#listed.find((platform) => platform.id === id)
    return listed ?? unknownPlatform(id, id === customId ? text.form.anotherServer : id)
  }
}

export function unknownPlatform(id: string, name: string): Platform {
  return {
    id, name, servers: [], server_form: null, backup_servers: [], rtmps: 'unknown', session_server: false,
    video: { codecs: [], max_kbps: [], key_frame_max_s: null, key_frame_advised_s: null, b_frames: true, portrait: false, max_fps: null },
    audio: { codecs: [], max_kbps: null, sample_rates: [], required: false },
    max_hours: null, key: { en: '', fr: '' }, notes: [], links: [],
  }
}

/** Those whose name or id has all of the typed words in it, however they are written. */
export function matching(platforms: readonly Platform[], typed: string): Platform[] {
  const words = plain(typed).split(/\s+/).filter(Boolean)
  return platforms.filter(({ id, name }) => words.every((word) => plain(name).includes(word) || id.includes(word)))
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
