// The text/event-stream format: characters in, events out. Nothing here knows what the events mean.

export interface SseMessage {
  event: string
  data: string
}

export class SseParser {
  #rest = ''
  #event = ''
  #data: string[] = []

  /** Takes the next piece of the stream, cut anywhere, and returns the messages it completes. */
  feed(text: string): SseMessage[] {
    const messages: SseMessage[] = []
    this.#rest += text
    // A carriage return at the very end may be the first half of a line end: it waits for the next piece.
    const lines = this.#rest.split(/\r\n|\n|\r(?!$)/)
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      const message = this.#line(line)
      if (message) messages.push(message)
    }
    return messages
  }

  #line(line: string): SseMessage | null {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return null
    const name = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (name === 'event') this.#event = value
    if (name === 'data') this.#data.push(value)
    return null
  }

  #dispatch(): SseMessage | null {
    const message = { event: this.#event || 'message', data: this.#data.join('\n') }
    const complete = this.#data.length > 0
    this.#event = ''
    this.#data = []
    return complete ? message : null
  }
}
