// The live picture of a source: HTTP-FLV from sluiced, shown by mpegts.js, which is loaded only when a picture is
// asked for.
import type mpegts from 'mpegts.js'

export type PreviewState =
  | { state: 'loading' }
  | { state: 'playing' }
  | { state: 'failed'; why: 'unsupported' | 'codec' | 'lost' }

/** After a failure it is tried again by itself this often, then by hand. */
const tries = 3
const retryMs = 2000

export class Preview {
  readonly #url: string
  readonly #tracks: { hasVideo: boolean; hasAudio: boolean }
  #player: mpegts.Player | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #failures = 0
  #stopped = false
  current: PreviewState = $state.raw({ state: 'loading' })

  constructor(source: number, tracks: { hasVideo: boolean; hasAudio: boolean }) {
    this.#url = new URL(`/api/sources/${source}/live.flv`, globalThis.location.href).href
    this.#tracks = tracks
  }

  /** Shows it in `video` until the returned function is called. */
  play(video: HTMLVideoElement): () => void {
    this.#stopped = false
    const playing = () => {
      this.#failures = 0
      this.current = { state: 'playing' }
    }
    video.addEventListener('playing', playing)
    void this.#load(video)
    return () => {
      this.#stopped = true
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
    this.current = { state: 'loading' }
    const { default: library } = await import('mpegts.js')
    if (this.#stopped) return
    if (!library.isSupported()) {
      this.current = { state: 'failed', why: 'unsupported' }
      return
    }
    library.LoggingControl.enableAll = false
    const player = library.createPlayer(
      { type: 'flv', isLive: true, url: this.#url, ...this.#tracks },
      { enableStashBuffer: false, liveBufferLatencyChasing: true, autoCleanupSourceBuffer: true, lazyLoad: false },
    )
    this.#player = player
    player.on(library.Events.ERROR, (_, detail: string) => {
      const cannot = detail === library.ErrorDetails.MEDIA_CODEC_UNSUPPORTED || detail === library.ErrorDetails.MEDIA_MSE_ERROR
      this.#failed(video, cannot ? 'codec' : 'lost')
    })
    player.on(library.Events.LOADING_COMPLETE, () => this.#failed(video, 'lost'))
    player.attachMediaElement(video)
    player.load()
    // A browser may want a click first; the picture then stands still until there is one.
    void Promise.resolve(player.play()).catch(() => {})
  }

  #failed(video: HTMLVideoElement, why: 'codec' | 'lost'): void {
    this.#close()
    if (this.#stopped) return
    this.#failures += 1
    if (why === 'lost' && this.#failures < tries) {
      this.current = { state: 'loading' }
      this.#timer = setTimeout(() => void this.#load(video), retryMs)
    } else {
      this.current = { state: 'failed', why }
    }
  }

  #close(): void {
    clearTimeout(this.#timer)
    this.#player?.destroy()
    this.#player = null
  }
}
