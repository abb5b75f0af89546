// The time of day as state, so that everything that counts up or down on the page moves together.

export class Clock {
  now = $state(Date.now())

  /** Ticks until the returned function is called. */
  start(): () => void {
    const timer = setInterval(() => (this.now = Date.now()), 1000)
    return () => clearInterval(timer)
  }
}
