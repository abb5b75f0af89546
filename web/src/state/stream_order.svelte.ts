// Moving a stream to another place: how the list looks meanwhile, and what is then saved.
import { text } from '../text'
import { moved, placeAt } from './order'

interface Options {
  /** The ids in the order that is saved. */
  ids: () => number[]
  save: (ids: number[]) => Promise<void>
}

export class StreamOrder {
  readonly #options: Options
  /** The order while one is being dragged. */
  #draft: number[] | null = $state.raw(null)
  /** The one that is being dragged. */
  dragged: number | null = $state(null)
  /** Where a stream went, for screen readers. */
  said = $state('')
  /** Why the last move was not saved, for the person. */
  error: string | null = $state(null)

  constructor(options: Options) {
    this.#options = options
  }

  /** The streams as they are to be shown now. */
  arranged<T extends { id: number }>(streams: T[]): T[] {
    const draft = this.#draft
    if (draft === null) return streams
    return [...streams].sort((a, b) => draft.indexOf(a.id) - draft.indexOf(b.id))
  }

  /** By one place up (-1) or down (1), at once. */
  async step(id: number, name: string, by: -1 | 1): Promise<void> {
    const ids = this.#options.ids()
    await this.#save(ids, moved(ids, id, ids.indexOf(id) + by), id, name)
  }

  grab(id: number): void {
    this.dragged = id
    this.#draft = this.#options.ids()
  }

  /** The pointer is at the height `y`; the middles of the cards of the others, from top to bottom, are at `middles`. */
  dragTo(middles: number[], y: number): void {
    if (this.dragged !== null && this.#draft) this.#draft = moved(this.#draft, this.dragged, placeAt(middles, y))
  }

  async drop(name: string): Promise<void> {
    const [id, wanted] = [this.dragged, this.#draft]
    if (id === null || wanted === null) return
    this.dragged = null
    await this.#save(this.#options.ids(), wanted, id, name)
    this.#draft = null
  }

  /** Nothing was moved after all. */
  letGo(): void {
    this.dragged = null
    this.#draft = null
  }

  async #save(before: number[], wanted: number[], id: number, name: string): Promise<void> {
    if (before.join() === wanted.join()) return
    this.error = null
    try {
      const saving = this.#options.save(wanted)
      this.said = text.streams.moved(name, wanted.indexOf(id) + 1, wanted.length)
      await saving
    } catch (error) {
      this.error = (error as Error).message
    }
  }
}
