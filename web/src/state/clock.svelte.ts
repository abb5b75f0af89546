// The time of day as state, so that everything that counts up or down on the page moves together.

export class Clock {
  readonly #onTick: () => void
  now = $state(Date.now())

  /** `onTick` is called once a second while the clock runs. */
  constructor(onTick: () => void = () => {}) {
    this.#onTick = onTick
  }

  /** Ticks until the returned function is called. */
  start(): () => void {
    const timer = setInterval(() => {
      this.now = Date.now()
      this.#onTick()
    }, 1000)
    return () => clearInterval(timer)
  }
}
