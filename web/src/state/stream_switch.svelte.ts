// A stream's switch: shows the wish at once, sends one request at a time, and after quick changes of mind
// only the last wish.

export class StreamSwitch {
  readonly #send: (enabled: boolean) => Promise<void>
  /** What the person wants while sluiced has not yet answered, else null. */
  wish: boolean | null = $state(null)
  /** Why the last request failed, for the person. */
  error: string | null = $state(null)
  #busy = false

  constructor(send: (enabled: boolean) => Promise<void>) {
    this.#send = send
  }

  async set(enabled: boolean): Promise<void> {
    this.wish = enabled
    if (this.#busy) return
    this.#busy = true
    let sent: boolean
    do {
      sent = this.wish
      this.error = null
      try {
        await this.#send(sent)
      } catch (error) {
        this.error = (error as Error).message
      }
    } while (this.wish !== sent)
    this.#busy = false
    this.wish = null
  }

  dismiss(): void {
    this.error = null
  }
}
