// How a rate went over the last minutes: one sample a second, kept as long as the page is open.

/** Kept at most; a chart shows all of it, a sparkline the end. */
export const historySeconds = 300

/** In kbit/s; null where the page did not know (no connection to sluiced, or nothing measured). */
export type Sample = number | null

export class History {
  readonly #samples = new Map<string, Sample[]>()
  #lastAt: number | null = null
  /** Grows with each round of samples: what reads samples is told anew by it. */
  #rounds = $state(0)

  /**
   * Takes one sample of each; what is not in `values` any more is forgotten. `now` in ms: seconds in which nobody asked,
   * as in a phone that slept, become gaps.
   */
  record(values: Map<string, Sample>, now: number): void {
    const passed = this.#lastAt === null ? 1 : Math.round((now - this.#lastAt) / 1000)
    const gap = Array<Sample>(Math.max(0, Math.min(passed - 1, historySeconds))).fill(null)
    this.#lastAt = now
    for (const name of this.#samples.keys()) if (!values.has(name)) this.#samples.delete(name)
    for (const [name, value] of values) {
      const samples = this.#samples.get(name) ?? []
      samples.push(...(samples.length > 0 ? gap : []), value)
      if (samples.length > historySeconds) samples.splice(0, samples.length - historySeconds)
      this.#samples.set(name, samples)
    }
    this.#rounds += 1
  }

  /** The newest `seconds` samples, the newest last; fewer while there are no more. */
  last(name: string, seconds: number): Sample[] {
    void this.#rounds
    return this.#samples.get(name)?.slice(-seconds) ?? []
  }
}

export interface Line {
  /** The path of an SVG in a box of `width` × `height`. Gaps are left where nothing is known. */
  path: string
  /** What the top of the box means. */
  top: number
}

/** Draws the samples with the newest at the right edge; `seconds` fill the whole width. The bottom is 0. */
export function drawLine(samples: Sample[], seconds: number, width: number, height: number): Line {
  const top = niceTop(Math.max(0, ...samples.map((sample) => sample ?? 0)))
  const step = width / (seconds - 1)
  const left = width - (samples.length - 1) * step
  let path = ''
  let drawing = false
  samples.forEach((sample, index) => {
    if (sample === null) {
      drawing = false
      return
    }
    const x = round(left + index * step)
    const y = round(height - (sample / top) * height)
    path += `${drawing ? 'L' : 'M'}${x} ${y}`
    drawing = true
  })
  return { path, top }
}

/** The next of 1, 2, 5, 10, 20, … that leaves some room above. */
function niceTop(value: number): number {
  const wanted = Math.max(value * 1.1, 1)
  const power = 10 ** Math.floor(Math.log10(wanted))
  return ([1, 2, 5, 10].find((one) => one * power >= wanted) ?? 10) * power
}

function round(n: number): number {
  return Math.round(n * 10) / 10
}
