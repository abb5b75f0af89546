// A stream's switch: shows the wish at once, sends one request at a time, and after quick changes of mind
// only the last wish.

export class StreamSwitch {
  readonly #send: (enabled: boolean) => Promise<void>
  /** What the person wants while sluiced has not yet answered, else null. */
  wish: boolean | null = $state(null)
  /** Why the last request failed, for the person. */
  error: string | null = $state(null)
  #sending: Promise<void> | null = null

  constructor(send: (enabled: boolean) => Promise<void>) {
    this.#send = send
  }

  /** Resolves when sluiced has answered to the last wish; `error` then says whether it was met. */
  set(enabled: boolean): Promise<void> {
    this.wish = enabled
    this.#sending ??= this.#sendWishes(enabled)
    return this.#sending
  }

  async #sendWishes(first: boolean): Promise<void> {
    let sent = first
    do {
      sent = this.wish ?? sent
      this.error = null
      try {
        await this.#send(sent)
      } catch (error) {
        this.error = (error as Error).message
      }
    } while (this.wish !== sent)
    this.#sending = null
    this.wish = null
  }
}
