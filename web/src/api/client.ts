// Calls of the REST API. Each failure is an ApiError, whose text can be shown to a person as it is.
import { text } from '../text'
import { reasonText } from '../text/reasons'
import type { ClipFields, Info, LogEntry, Path, Platforms, Probe, ProbeFields, Reason, Refused, Source, SourceFields, Stream, StreamFields } from './types'

/** An answer of sluiced (application/problem+json), or status 0 when there was no answer. */
export class ApiError extends Error {
  readonly status: number
  /** The name of the field that is wrong (422). */
  readonly field: string | null

  constructor(status: number, text: string, field: string | null = null) {
    super(text)
    this.status = status
    this.field = field
  }
}

export type Fetch = (url: string, init: RequestInit) => Promise<Response>

const deadlineMs = 10_000
/** sluiced gives each step of a test a few seconds. */
const probeDeadlineMs = 20_000

export class Api {
  readonly #fetch: Fetch

  constructor(fetcher: Fetch = (url, init) => fetch(url, init)) {
    this.#fetch = fetcher
  }

  info = () => this.#call<Info>('GET', '/api/info')
  refused = () => this.#call<Refused[]>('GET', '/api/refused')
  log = () => this.#call<LogEntry[]>('GET', '/api/log?limit=5000')

  platforms = () => this.#call<Platforms>('GET', '/api/platforms')
  /** Ends early, as if there were no answer, when `cancelled` is. */
  probe = (fields: ProbeFields, cancelled?: AbortSignal) =>
    this.#call<Probe>('POST', '/api/probe', fields, probeDeadlineMs, cancelled)

  addStream = (fields: StreamFields) => this.#call<Stream>('POST', '/api/streams', fields)
  changeStream = (id: number, fields: StreamFields) => this.#call<Stream>('PUT', `/api/streams/${id}`, fields)
  removeStream = (id: number) => this.#call<void>('DELETE', `/api/streams/${id}`)
  orderStreams = (ids: number[]) => this.#call<Stream[]>('PUT', '/api/streams/order', { ids })
  retryStream = (id: number) => this.#call<void>('POST', `/api/streams/${id}/retry`)

  addSource = (fields: SourceFields) => this.#call<Source>('POST', '/api/sources', fields)
  recordClip = (source: number, fields: ClipFields) => this.#call<Source>('POST', `/api/sources/${source}/clip`, fields)
  removeClip = (source: number) => this.#call<void>('DELETE', `/api/sources/${source}/clip`)
  removeSource = (id: number) => this.#call<void>('DELETE', `/api/sources/${id}`)

  async #call<T>(method: string, url: Path, body?: unknown, deadline = deadlineMs, cancelled?: AbortSignal): Promise<T> {
    const init: RequestInit = { method, signal: either(AbortSignal.timeout(deadline), cancelled) }
    if (body !== undefined) {
      init.body = JSON.stringify(body)
      init.headers = { 'Content-Type': 'application/json' }
    }
    let response: Response
    let answer: string
    try {
      response = await this.#fetch(url, init)
      answer = await response.text()
    } catch {
      throw new ApiError(0, text.problems.unreachable)
    }
    const json = parse(answer)
    if (!response.ok) throw problem(response.status, json)
    return json as T
  }
}

/** What AbortSignal.any does, which phones of before 2024 have not. */
function either(deadline: AbortSignal, cancelled?: AbortSignal): AbortSignal {
  if (!cancelled) return deadline
  const both = new AbortController()
  for (const signal of [deadline, cancelled]) {
    if (signal.aborted) both.abort(signal.reason)
    else signal.addEventListener('abort', () => both.abort(signal.reason), { once: true })
  }
  return both.signal
}

function parse(answer: string): unknown {
  try {
    return JSON.parse(answer)
  } catch {
    return undefined
  }
}

interface Problem {
  title?: string
  detail?: string
  field?: string
  reason?: Reason
}

/** What an answer that is no success says, in words for a person. */
export function problem(status: number, json: unknown): ApiError {
  const { title, detail, field, reason } = (json ?? {}) as Problem
  const words = reason ? reasonText(reason).text : ((status === 422 ? text.problems.fields[field ?? ''] : undefined) ?? detail ?? title)
  return new ApiError(status, words ?? text.problems.status(status), field ?? null)
}
