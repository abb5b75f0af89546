// What a person is typing into the stream form, and what of it is to be sent. No field is ever trimmed by itself.
import type { Platform, ProbeFields, SilentAudio, Source, Stream, StreamFields } from '../api/types'
import type { Interruption } from '../text/form'
import { customId } from './catalogue.svelte'

/** What sluiced takes for a new stream when nothing is said. */
const defaults = { hold_s: 60, stop_grace_s: 10, silent_audio: 'auto' } as const

/** Changes that end a session. All others are taken over while it goes on. */
const interrupting: readonly Interruption[] = ['platform', 'server', 'backup_server', 'key', 'source', 'tls_ca']

/** What a new stream carries unless a person says otherwise: the one source that publishes, or the first. */
export function usualSource(sources: readonly Source[]): number {
  const publishing = sources.filter((source) => source.state === 'publishing')
  return (publishing.length === 1 ? publishing[0]?.id : undefined) ?? 1
}

export class StreamDraft {
  readonly stream: Stream | null
  readonly #platformOf: (id: string) => Platform
  platform: string = $state(customId)
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

  /** For a stream to edit, or null for a new one, which then carries `source`. */
  constructor(stream: Stream | null, platformOf: (id: string) => Platform, source = 1) {
    this.stream = stream
    this.#platformOf = platformOf
    this.#named = stream !== null
    if (!stream) {
      this.source = source
      return
    }
    this.platform = stream.platform
    this.name = stream.name
    this.server = stream.server
    this.backupServer = stream.backup_server
    this.source = stream.source
    this.hold = stream.hold_s
    this.stopGrace = stream.stop_grace_s
    this.silentAudio = stream.silent_audio
  }

  /** Changes the platform, and with it the name and the servers as long as they are not the person's own. */
  choose(id: string): void {
    const before = this.#platformOf(this.platform)
    const after = this.#platformOf(id)
    this.platform = id
    if (this.server === '' || before.servers.some(({ url }) => url === this.server)) this.server = after.servers[0]?.url ?? ''
    if (before.backup_servers.some(({ url }) => url === this.backupServer)) this.backupServer = ''
    if (!this.#named) this.name = after.id === customId ? '' : after.name
  }

  rename(name: string): void {
    this.name = name
    this.#named = name !== ''
  }

  /** Whether a key is stored, and stays. */
  get keepsKey(): boolean {
    return this.stream !== null && !this.replacesKey
  }

  /** What a test of the server is to be asked for. */
  get probe(): ProbeFields {
    const fields: ProbeFields = { server: this.server }
    if (this.forgetsTlsCa || this.tlsCa !== '') fields.tls_ca = this.forgetsTlsCa ? '' : this.tlsCa
    if (this.stream) fields.stream = this.stream.id
    return fields
  }

  /** What saving changes that ends the session of a stream that is on. */
  get interruptions(): Interruption[] {
    if (!this.stream) return []
    const fields = this.changes()
    return interrupting.filter((field) => fields[field] !== undefined)
  }

  /** The fields to send: all of a new stream, only the changed ones of an old one. */
  changes(): StreamFields {
    const old = this.stream
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

/** What would be sent although nobody can see it: a space at an end, or a line break. */
export function stray(text: string): 'edge_space' | 'line_break' | null {
  if (/[\r\n]/.test(text)) return 'line_break'
  return text === text.trim() ? null : 'edge_space'
}

export function withoutStray(text: string): string {
  return text.replace(/[\r\n]+/g, '').trim()
}
