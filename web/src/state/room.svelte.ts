// The control room: the picture of sources and streams, kept live, and what a person can do about them.
import { ApiError, type Api } from '../api/client'
import { Events, type Connection, type OpenStream } from '../api/events'
import type { Info, ProbeFields, Refused, Source, Stream, StreamFields } from '../api/types'
import { text } from '../text'
import { Catalogue } from './catalogue.svelte'
import { Clock } from './clock.svelte'
import { History, type Sample } from './history.svelte'
import { EventLog } from './log.svelte'
import { inOrder } from './order'
import { apply, emptyPicture, withAdded, withOrder, withRefused, withSettings, type Picture } from './reducer'
import { StreamSwitch } from './stream_switch.svelte'

/** Requests of "all on" and "all off" at once: a browser has six connections, and events and picture need theirs. */
const switchedAtOnce = 3
const infoRetryMs = 5000

export class Room {
  readonly clock = new Clock(() => this.#sample())
  readonly history = new History()
  /** The source whose live picture is shown. One at most: a browser has six connections to one server. */
  watched: number | null = $state(null)
  readonly log: EventLog
  readonly catalogue: Catalogue
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
    this.log = new EventLog(api.log)
    this.catalogue = new Catalogue(api.platforms)
    this.#events = new Events({
      open,
      onConnection: (connection) => this.#connected(connection),
      onEvent: (event) => {
        if (event.type === 'log') return this.log.add(event.entry)
        this.#picture = apply(this.#picture, event)
        if (event.type === 'snapshot') this.ready = true
        if (event.type === 'deleted' && event.kind === 'stream') this.#switches.delete(event.id)
      },
    })
  }

  readonly streams: Stream[] = $derived(inOrder(this.#picture.streams))
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

  /** Switches all of them, a few at a time. Answers how many would not; each one's switch says why. */
  async switchAll(streams: Stream[], enabled: boolean, onProgress: (done: number) => void): Promise<number> {
    const waiting = [...streams]
    let done = 0
    let failed = 0
    const work = async () => {
      for (let stream = waiting.shift(); stream !== undefined; stream = waiting.shift()) {
        const control = this.switchOf(stream.id)
        await control.set(enabled)
        if (control.error !== null) failed += 1
        onProgress((done += 1))
      }
    }
    await Promise.all(Array.from({ length: switchedAtOnce }, work))
    return failed
  }

  /** Shows the new order at once, and the old one again if sluiced does not take it. */
  async orderStreams(ids: number[]): Promise<void> {
    const before = this.#picture
    this.#picture = withOrder(before, ids)
    try {
      await this.#api.orderStreams(ids)
    } catch (error) {
      this.#picture = withOrder(this.#picture, inOrder(before.streams).map((stream) => stream.id))
      throw error
    }
  }

  async addStream(fields: StreamFields): Promise<void> {
    const answer = await this.#api.addStream(fields)
    this.#picture = withAdded(this.#picture, answer)
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

  /** Tries a server without publishing. */
  probe = (fields: ProbeFields, cancelled: AbortSignal) => this.#api.probe(fields, cancelled)

  async addSource({ app, key }: Refused): Promise<void> {
    const highest = Math.max(0, ...this.sources.map((source: Source) => source.id))
    const source = await this.#api.addSource({ name: text.refused.newName(highest + 1), app, key })
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

  /** Without it the page cannot say where OBS has to send to. */
  async #askInfo(): Promise<void> {
    try {
      this.info = await this.#api.info()
    } catch {
      if (this.connected) setTimeout(() => void this.#askInfo(), infoRetryMs)
    }
  }

  #sample(): void {
    const values = new Map<string, Sample>()
    for (const { id, video, audio } of this.sources) {
      values.set(sourceRate(id), this.connected ? (video?.kbps ?? 0) + (audio?.kbps ?? 0) : null)
    }
    for (const { id, stats } of this.#picture.streams) values.set(streamRate(id), this.connected ? stats.sent_kbps : null)
    this.history.record(values, this.clock.now)
  }

  /** What events do not carry is asked for at each new connection: sluiced may be another one by then. */
  #connected(connection: Connection): void {
    this.connection = connection
    if (connection.state !== 'open') return
    if (this.log.state !== 'closed') void this.log.open()
    void this.catalogue.load()
    void this.#askInfo()
    this.#api.refused().then(
      (refused) => (this.#picture = withRefused(this.#picture, refused)),
      () => {},
    )
  }
}

/** The names of rates in `history`. */
export const sourceRate = (id: number): string => `source ${id}`
export const streamRate = (id: number): string => `stream ${id}`

/** What someone else has removed already is as removed as was wished. */
async function goneIsFine(call: Promise<void>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 404)) throw error
  }
}
