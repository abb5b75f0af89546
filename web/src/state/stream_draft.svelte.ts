// What a person is typing into the stream form, and what of it is to be sent. No field is ever trimmed.
import type { SilentAudio, Stream, StreamFields } from '../api/types'
import { platformOf, platforms } from '../platforms'

/** What sluiced takes for a new stream when nothing is said. */
const defaults = { hold_s: 60, stop_grace_s: 10, silent_audio: 'auto' } as const

export class StreamDraft {
  readonly #stream: Stream | null
  platform: string = $state('')
  name: string = $state('')
  server: string = $state('')
  backupServer: string = $state('')
  key: string = $state('')
  source: number = $state(1)
  tlsCa: string = $state('')
  /** In seconds; null while the field holds no number, which sluiced then refuses. */
  hold: number | null = $state(defaults.hold_s)
  stopGrace: number | null = $state(defaults.stop_grace_s)
  silentAudio: SilentAudio = $state(defaults.silent_audio)
  enabled: boolean = $state(false)
  /** When editing: whether `key` replaces the stored key. */
  replacesKey: boolean = $state(false)
  /** When editing: whether a stored private authority is removed. */
  forgetsTlsCa: boolean = $state(false)
  #named: boolean

  /** For a stream to edit, or null for a new one. */
  constructor(stream: Stream | null) {
    this.#stream = stream
    this.#named = stream !== null
    if (stream) {
      this.platform = stream.platform
      this.name = stream.name
      this.server = stream.server
      this.backupServer = stream.backup_server
      this.source = stream.source
      this.hold = stream.hold_s
      this.stopGrace = stream.stop_grace_s
      this.silentAudio = stream.silent_audio
    } else {
      this.choose(platforms[0]?.id ?? 'custom')
    }
  }

  /** Changes the platform, and with it the name and the server as long as they are not the person's own. */
  choose(id: string): void {
    const before = platformOf(this.platform)
    const after = platformOf(id)
    this.platform = id
    if (this.server === before.server) this.server = after.server
    if (!this.#named) this.name = after.id === 'custom' ? '' : after.name
  }

  rename(name: string): void {
    this.name = name
    this.#named = name !== ''
  }

  get serverHasEdgeSpace(): boolean {
    return this.server !== this.server.trim()
  }

  get backupServerHasEdgeSpace(): boolean {
    return this.backupServer !== this.backupServer.trim()
  }

  get keyHasEdgeSpace(): boolean {
    return this.key !== this.key.trim()
  }

  /** Whether saving breaks a session that is on. */
  get interrupts(): boolean {
    const stream = this.#stream
    if (!stream?.enabled) return false
    const { platform, server, backup_server, key, source, tls_ca } = this.changes()
    return [platform, server, backup_server, key, source, tls_ca].some((field) => field !== undefined)
  }

  /** The fields to send: all of a new stream, only the changed ones of an old one. */
  changes(): StreamFields {
    const old = this.#stream
    const fields: StreamFields = {}
    if (this.platform !== old?.platform) fields.platform = this.platform
    if (this.name !== old?.name) fields.name = this.name
    if (this.server !== old?.server) fields.server = this.server
    if (this.backupServer !== (old?.backup_server ?? '')) fields.backup_server = this.backupServer
    if (this.source !== old?.source) fields.source = this.source
    const { hold_s, stop_grace_s, silent_audio } = old ?? defaults
    if (this.hold !== hold_s) fields.hold_s = this.hold as number
    if (this.stopGrace !== stop_grace_s) fields.stop_grace_s = this.stopGrace as number
    if (this.silentAudio !== silent_audio) fields.silent_audio = this.silentAudio
    if (!old || this.replacesKey) fields.key = this.key
    if (this.forgetsTlsCa) fields.tls_ca = ''
    else if (this.tlsCa !== '') fields.tls_ca = this.tlsCa
    if (!old) fields.enabled = this.enabled
    return fields
  }
}
