// Whether what a person has pasted is to be split into server and key: offered, and done only when they say so.
import type { Platform } from '../api/types'
import { splitUrl, type Split } from './split_url'
import type { StreamDraft } from './stream_draft.svelte'

export type Pastable = 'server' | 'key'

export class SplitOffer {
  readonly #draft: StreamDraft
  readonly #platforms: () => readonly Platform[]
  /** What would have lost its line breaks in a field; it waits for the answer. */
  #held: { text: string; into: Pastable } | null = $state.raw(null)
  /** Texts that are to be left as they are. */
  #left: readonly string[] = $state.raw([])

  constructor(draft: StreamDraft, platforms: () => readonly Platform[]) {
    this.#draft = draft
    this.#platforms = platforms
  }

  /** Takes what is pasted before a field does. True: it is kept here, and the field is to leave it alone. */
  takes(text: string, into: Pastable): boolean {
    if (!/\S\s+\S/.test(text) || splitUrl(text, this.#platforms()) === null) return false
    this.#held = { text, into }
    return true
  }

  /** From two lines, rather than from a URL with both in it. */
  get held(): boolean {
    return this.#held !== null
  }

  get current(): Split | null {
    if (this.#held) return splitUrl(this.#held.text, this.#platforms())
    const { server, key } = this.#draft
    const hasKey = key !== '' || (this.#draft.keepsKey && this.#draft.stream?.key_set === true)
    return this.#of(server, !hasKey) ?? this.#of(key, true)
  }

  accept(): void {
    const split = this.current
    if (!split) return
    this.#held = null
    this.#draft.server = split.server
    this.#draft.key = split.key
    this.#draft.replacesKey = true
  }

  leave(): void {
    if (this.#held) {
      // As a field takes it: on one line.
      const text = this.#held.text.replace(/[\r\n]/g, '')
      if (this.#held.into === 'server') this.#draft.server = text
      else this.#draft.key = text
      this.#left = [...this.#left, text]
      this.#held = null
    } else {
      this.#left = [...this.#left, this.#draft.server, this.#draft.key]
    }
  }

  #of(text: string, keyMissing: boolean): Split | null {
    // What a stream has had all the time was not pasted just now.
    if (text === this.#draft.stream?.server || this.#left.includes(text)) return null
    const split = splitUrl(text, this.#platforms(), keyMissing)
    return split && split.key.length >= shortestKey ? split : null
  }
}

/** While an address is being typed, what follows the app is no key yet. */
const shortestKey = 4
