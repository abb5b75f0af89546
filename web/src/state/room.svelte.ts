// The control room: the picture of sources and streams, kept live, and what a person can do about them.
import { ApiError, type Api } from '../api/client'
import { Events, type Connection, type OpenStream } from '../api/events'
import type { Info, Refused, Source, StreamFields } from '../api/types'
import { Clock } from './clock.svelte'
import { apply, emptyPicture, withRefused, withSettings, type Picture } from './reducer'
import { StreamSwitch } from './stream_switch.svelte'

export class Room {
  readonly clock = new Clock()
  readonly #api: Api
  readonly #events: Events
  readonly #switches = new Map<number, StreamSwitch>()
  #picture: Picture = $state.raw(emptyPicture)
  connection: Connection = $state.raw({ state: 'connecting' })
  /** Whether a snapshot has ever arrived: before that the page knows nothing. */
  ready = $state(false)
  info: Info | null = $state.raw(null)

  constructor(api: Api, open: OpenStream) {
    this.#api = api
    this.#events = new Events({
      open,
      onConnection: (connection) => this.#connected(connection),
      onEvent: (event) => {
        this.#picture = apply(this.#picture, event)
        if (event.type === 'snapshot') this.ready = true
        if (event.type === 'deleted' && event.kind === 'stream') this.#switches.delete(event.id)
      },
    })
  }

  get streams() {
    return this.#picture.streams
  }
  get sources() {
    return this.#picture.sources
  }
  get refused() {
    return this.#picture.refused
  }
  get connected() {
    return this.connection.state === 'open'
  }

  /** Follows sluiced until the returned function is called. */
  start(): () => void {
    const stopClock = this.clock.start()
    this.#events.start()
    return () => {
      stopClock()
      this.#events.stop()
    }
  }

  reconnect(): void {
    this.#events.retryNow()
  }

  switchOf(id: number): StreamSwitch {
    let found = this.#switches.get(id)
    if (!found) {
      found = new StreamSwitch((enabled) => this.changeStream(id, { enabled }))
      this.#switches.set(id, found)
    }
    return found
  }

  async addStream(fields: StreamFields): Promise<void> {
    const answer = await this.#api.addStream(fields)
    this.#picture = withSettings(this.#picture, answer)
  }

  async changeStream(id: number, fields: StreamFields): Promise<void> {
    const answer = await this.#api.changeStream(id, fields)
    this.#picture = withSettings(this.#picture, answer)
  }

  async removeStream(id: number): Promise<void> {
    await goneIsFine(this.#api.removeStream(id))
    this.#picture = apply(this.#picture, { type: 'deleted', kind: 'stream', id })
  }

  async retryStream(id: number): Promise<void> {
    await this.#api.retryStream(id)
  }

  async addSource({ app, key }: Refused): Promise<void> {
    const highest = Math.max(0, ...this.sources.map((source: Source) => source.id))
    const source = await this.#api.addSource({ name: `Source ${highest + 1}`, app, key })
    this.#picture = apply(this.#picture, { type: 'source', source })
  }

  async removeSource(id: number): Promise<void> {
    await goneIsFine(this.#api.removeSource(id))
    this.#picture = apply(this.#picture, { type: 'deleted', kind: 'source', id })
  }

  /** What becomes of it comes with the source's events. */
  async recordClip(source: number, seconds: number): Promise<void> {
    const answer = await this.#api.recordClip(source, { seconds })
    this.#picture = apply(this.#picture, { type: 'source', source: answer })
  }

  async removeClip(source: number): Promise<void> {
    await goneIsFine(this.#api.removeClip(source))
  }

  /** What events do not carry is asked for at each new connection: sluiced may be another one by then. */
  #connected(connection: Connection): void {
    this.connection = connection
    if (connection.state !== 'open') return
    this.#api.info().then(
      (info) => (this.info = info),
      () => {},
    )
    this.#api.refused().then(
      (refused) => (this.#picture = withRefused(this.#picture, refused)),
      () => {},
    )
  }
}

/** What someone else has removed already is as removed as was wished. */
async function goneIsFine(call: Promise<void>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error
  }
}
