// The live picture of a source: HTTP-FLV from sluiced, shown by mpegts.js, which is loaded only when a picture is
// asked for.
import type mpegts from 'mpegts.js'
import { problem } from '../api/client'

export type Failure = 'unsupported' | 'codec' | 'lost' | 'not loaded'
export type PreviewState =
  | { state: 'loading' }
  | { state: 'playing' }
  /** The browser wants a click first. */
  | { state: 'waiting' }
  /** `said`: in sluiced's own words, when it gave a reason. */
  | { state: 'failed'; why: Failure; said: string | null }

/** After a failure it is tried again by itself this often, then by hand. */
const tries = 3
const retryMs = 2000

export class Preview {
  readonly #url: string
  readonly #tracks: { hasVideo: boolean; hasAudio: boolean }
  #player: mpegts.Player | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  /** Of the newest try: what an older one still does is of no interest. */
  #run = new AbortController()
  current: PreviewState = $state.raw({ state: 'loading' })

  constructor(source: number, tracks: { hasVideo: boolean; hasAudio: boolean }) {
    this.#url = new URL(`/api/sources/${source}/live.flv`, globalThis.location.href).href
    this.#tracks = tracks
  }

  /** Shows it in `video` until the returned function is called. */
  play(video: HTMLVideoElement): () => void {
    const playing = () => {
      this.#failures = 0
      this.current = { state: 'playing' }
    }
    video.addEventListener('playing', playing)
    void this.#load(video)
    return () => {
      video.removeEventListener('playing', playing)
      this.#close()
    }
  }

  retry(video: HTMLVideoElement): void {
    this.#failures = 0
    void this.#load(video)
  }

  async #load(video: HTMLVideoElement): Promise<void> {
    this.#close()
    const run = this.#run
    this.current = { state: 'loading' }
    let library: typeof mpegts
    try {
      library = (await import('mpegts.js')).default
    } catch {
      this.#show(run, { state: 'failed', why: 'not loaded', said: null })
      return
    }
    if (run.signal.aborted) return
    if (!library.isSupported()) return this.#show(run, { state: 'failed', why: 'unsupported', said: null })
    library.LoggingControl.enableAll = false
    const player = library.createPlayer(
      { type: 'flv', isLive: true, url: this.#url, ...this.#tracks },
      { enableStashBuffer: false, liveBufferLatencyChasing: true, autoCleanupSourceBuffer: true, lazyLoad: false },
    )
    this.#player = player
    player.on(library.Events.ERROR, (_, detail: string) => {
      const { MEDIA_CODEC_UNSUPPORTED, MEDIA_FORMAT_UNSUPPORTED, NETWORK_STATUS_CODE_INVALID } = library.ErrorDetails
      if (detail === MEDIA_CODEC_UNSUPPORTED || detail === MEDIA_FORMAT_UNSUPPORTED) this.#show(run, { state: 'failed', why: 'codec', said: null })
      else void this.#lost(video, run, detail === NETWORK_STATUS_CODE_INVALID)
    })
    player.on(library.Events.LOADING_COMPLETE, () => void this.#lost(video, run, false))
    player.attachMediaElement(video)
    player.load()
    void Promise.resolve(player.play()).catch((error: Error) => {
      if (error.name === 'NotAllowedError') this.#show(run, { state: 'waiting' })
    })
  }

  /** The stream ended or was refused: it is tried again, and at last told. */
  async #lost(video: HTMLVideoElement, run: AbortController, refused: boolean): Promise<void> {
    if (run.signal.aborted) return
    this.#failures += 1
    if (this.#failures < tries) {
      this.#close()
      this.current = { state: 'loading' }
      this.#timer = setTimeout(() => void this.#load(video), retryMs)
      return
    }
    const said = refused ? await whyRefused(this.#url, run.signal) : null
    this.#show(run, { state: 'failed', why: 'lost', said })
  }

  #show(run: AbortController, state: PreviewState): void {
    if (run.signal.aborted) return
    if (state.state === 'failed') this.#close()
    this.current = state
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#run.abort()
    this.#run = new AbortController()
    this.#player?.destroy()
    this.#player = null
  }
}

/** The player does not tell what stood in the answer. */
async function whyRefused(url: string, signal: AbortSignal): Promise<string | null> {
  try {
    const response = await fetch(url, { signal })
    if (response.ok) {
      await response.body?.cancel()
      return null
    }
    return problem(response.status, await response.json()).message
  } catch {
    return null
  }
}
