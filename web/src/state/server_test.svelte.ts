// A test of a server, without publishing: that it runs, and what it found.
import { ApiError } from '../api/client'
import type { Probe, ProbeFields } from '../api/types'

export class ServerTest {
  readonly #probe: (fields: ProbeFields, cancelled: AbortSignal) => Promise<Probe>
  #running: AbortController | null = $state.raw(null)
  result: Probe | null = $state.raw(null)
  /** Why there is no result. */
  failure: ApiError | null = $state.raw(null)
  /** Milliseconds since 1970; of the test that runs. */
  since = $state(0)

  constructor(probe: (fields: ProbeFields, cancelled: AbortSignal) => Promise<Probe>) {
    this.#probe = probe
  }

  get running(): boolean {
    return this.#running !== null
  }

  async run(fields: ProbeFields): Promise<void> {
    this.forget()
    const mine = new AbortController()
    this.#running = mine
    this.since = Date.now()
    try {
      const result = await this.#probe(fields, mine.signal)
      if (this.#running === mine) this.result = result
    } catch (reason) {
      if (this.#running === mine) this.failure = reason instanceof ApiError ? reason : new ApiError(0, String(reason))
    }
    if (this.#running === mine) this.#running = null
  }

  /** Stops a test that runs, and forgets what the last one found: it was of another server. */
  forget(): void {
    this.#running?.abort()
    this.#running = null
    this.result = null
    this.failure = null
  }
}
