// Moving a stream to another place: how the list looks meanwhile, and what is then saved.
import { text } from '../text'
import { moved, placeAt } from './order'

interface Options {
  /** The ids in the order that is shown. */
  ids: () => number[]
  /** Shows this order at once, and saves it. */
  save: (ids: number[]) => Promise<void>
}

export class StreamOrder {
  readonly #options: Options
  /** The order while one is being dragged. */
  #draft: number[] | null = $state.raw(null)
  /** The newest order that is to be saved once the request that is on its way has been answered. */
  #next: number[] | null = null
  #saving = false
  /** The one that is being dragged. */
  dragged: number | null = $state(null)
  /** Where a stream went, for screen readers. */
  said = $state('')
  /** Why the last move was not saved, for the person. */
  error: string | null = $state(null)

  constructor(options: Options) {
    this.#options = options
  }

  /** The streams as they are to be shown now. What came while one is being dragged is behind the others. */
  arranged<T extends { id: number }>(streams: T[]): T[] {
    const draft = this.#draft
    if (draft === null) return streams
    const place = (one: T) => (draft.includes(one.id) ? draft.indexOf(one.id) : draft.length)
    return [...streams].sort((a, b) => place(a) - place(b))
  }

  /** By one place up (-1) or down (1), at once. */
  async step(id: number, name: string, by: -1 | 1): Promise<void> {
    const ids = this.#next ?? this.#options.ids()
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
    const [id, draft] = [this.dragged, this.#draft]
    const shown = this.#options.ids()
    if (id === null || draft === null) return
    // Streams may have come and gone meanwhile.
    const wanted = this.arranged(shown.map((one) => ({ id: one }))).map((one) => one.id)
    const saved = this.#save(shown, wanted, id, name)
    this.letGo()
    await saved
  }

  /** Nothing was moved after all. */
  letGo(): void {
    this.dragged = null
    this.#draft = null
  }

  /** One request at a time: of what is wanted while it is on its way only the last order is sent. */
  async #save(before: number[], wanted: number[], id: number, name: string): Promise<void> {
    if (before.join() === wanted.join()) return
    this.said = text.streams.moved(name, wanted.indexOf(id) + 1, wanted.length)
    this.#next = wanted
    if (this.#saving) return
    this.#saving = true
    this.error = null
    try {
      for (let ids = this.#take(); ids !== null; ids = this.#take()) await this.#options.save(ids)
    } catch (error) {
      this.#next = null
      this.error = (error as Error).message
    }
    this.#saving = false
  }

  #take(): number[] | null {
    const next = this.#next
    this.#next = null
    return next
  }
}
