// Calls of the REST API. Each failure is an ApiError, whose text can be shown to a person as it is.
import { reasonText } from '../text/reasons'
import type { ClipFields, Info, Path, Reason, Refused, Source, SourceFields, Stream, StreamFields } from './types'

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

export class Api {
  readonly #fetch: Fetch

  constructor(fetcher: Fetch = (url, init) => fetch(url, init)) {
    this.#fetch = fetcher
  }

  info = () => this.#call<Info>('GET', '/api/info')
  refused = () => this.#call<Refused[]>('GET', '/api/refused')

  addStream = (fields: StreamFields) => this.#call<Stream>('POST', '/api/streams', fields)
  changeStream = (id: number, fields: StreamFields) => this.#call<Stream>('PUT', `/api/streams/${id}`, fields)
  removeStream = (id: number) => this.#call<void>('DELETE', `/api/streams/${id}`)
  retryStream = (id: number) => this.#call<void>('POST', `/api/streams/${id}/retry`)

  addSource = (fields: SourceFields) => this.#call<Source>('POST', '/api/sources', fields)
  recordClip = (source: number, fields: ClipFields) => this.#call<Source>('POST', `/api/sources/${source}/clip`, fields)
  removeClip = (source: number) => this.#call<void>('DELETE', `/api/sources/${source}/clip`)
  removeSource = (id: number) => this.#call<void>('DELETE', `/api/sources/${id}`)

  async #call<T>(method: string, url: Path, body?: unknown): Promise<T> {
    const init: RequestInit = { method, signal: AbortSignal.timeout(deadlineMs) }
    if (body !== undefined) {
      init.body = JSON.stringify(body)
      init.headers = { 'Content-Type': 'application/json' }
    }
    let response: Response
    let text: string
    try {
      response = await this.#fetch(url, init)
      text = await response.text()
    } catch {
      throw new ApiError(0, 'Sluice did not answer. Is sluiced still running?')
    }
    const json = parse(text)
    if (!response.ok) throw problem(response.status, json)
    return json as T
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
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

function problem(status: number, json: unknown): ApiError {
  const { title, detail, field, reason } = (json ?? {}) as Problem
  return new ApiError(status, (reason && reasonText(reason).text) || detail || title || `Sluice answered with status ${status}.`, field ?? null)
}
