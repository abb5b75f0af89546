// Follows /api/events for as long as the page is open. A connection that breaks, is refused or falls silent
// is made anew, by itself; each one begins with a full snapshot, so nothing needs to be made up for.
//
// fetch rather than EventSource: only so can the page see sluiced's comments (one every 15 s) and notice a
// connection that is dead without having been closed, as after a phone has slept.
import { SseParser, type SseMessage } from './sse'
import type { ServerEvent } from './types'

export type Connection = { state: 'connecting' } | { state: 'open' } | { state: 'lost'; retryAt: number }

/** Opens the stream; resolves once it is there, rejects when sluiced cannot be reached. */
export type OpenStream = (signal: AbortSignal) => Promise<AsyncIterable<string>>

export interface EventsOptions {
  open: OpenStream
  onEvent: (event: ServerEvent) => void
  onConnection: (connection: Connection) => void
}

const silenceMs = 40_000
const firstRetryMs = 500
const lastRetryMs = 5_000

export class Events {
  readonly #options: EventsOptions
  #abort: AbortController | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #retryMs = firstRetryMs

  constructor(options: EventsOptions) {
    this.#options = options
  }

  start(): void {
    this.stop()
    this.#options.onConnection({ state: 'connecting' })
    void this.#follow()
  }

  /** Connects at once instead of at the end of the wait. */
  retryNow(): void {
    if (this.#abort === null) void this.#follow()
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#abort?.abort()
    this.#abort = null
  }

  async #follow(): Promise<void> {
    clearTimeout(this.#timer)
    const abort = new AbortController()
    this.#abort = abort
    const watch = () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.#lost(abort), silenceMs)
    }
    try {
      watch()
      const parser = new SseParser()
      for await (const text of await this.#options.open(abort.signal)) {
        if (abort.signal.aborted) return
        watch()
        for (const message of parser.feed(text)) this.#deliver(message)
      }
    } catch {
      // Why it broke does not matter: what follows is the same.
    }
    this.#lost(abort)
  }

  #deliver(message: SseMessage): void {
    const event = decode(message)
    if (event === null) return
    if (event.type === 'snapshot') {
      this.#retryMs = firstRetryMs
      this.#options.onConnection({ state: 'open' })
    }
    this.#options.onEvent(event)
  }

  #lost(abort: AbortController): void {
    if (this.#abort !== abort) return
    this.stop()
    const wait = this.#retryMs
    this.#retryMs = Math.min(wait * 2, lastRetryMs)
    this.#options.onConnection({ state: 'lost', retryAt: Date.now() + wait })
    this.#timer = setTimeout(() => void this.#follow(), wait)
  }
}

/** An event this page does not know, or cannot read, is passed over: a newer sluiced may say more. */
export function decode(message: SseMessage): ServerEvent | null {
  let data
  try {
    data = JSON.parse(message.data)
  } catch {
    return null
  }
  switch (message.event) {
    case 'snapshot':
      return { type: 'snapshot', streams: data.streams, sources: data.sources }
    case 'stream':
      return { type: 'stream', stream: data }
    case 'source':
      return { type: 'source', source: data }
    case 'deleted':
      return { type: 'deleted', kind: data.kind, id: data.id }
    case 'refused':
      return { type: 'refused', refused: data }
    case 'log':
      return { type: 'log', entry: data }
    default:
      return null
  }
}

/** Opens `url` with the browser's fetch. */
export function openWithFetch(url: string): OpenStream {
  return async (signal) => {
    const response = await fetch(url, { signal, cache: 'no-store', headers: { Accept: 'text/event-stream' } })
    if (!response.ok || !response.body) throw new Error(`status ${response.status}`)
    return pieces(response.body)
  }
}

async function* pieces(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield decoder.decode(value, { stream: true })
  }
}
