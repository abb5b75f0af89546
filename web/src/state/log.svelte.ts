// The event log as the page holds it: read once when it is opened, then followed.
import type { LogEntry, Stream } from '../api/types'

/** As many as sluiced keeps in memory. */
const maxEntries = 5000

export type LogFilter = { kind: 'all' } | { kind: 'trouble' } | { kind: 'target'; of: 'stream' | 'source'; id: number }

const troubled: ReadonlySet<Stream['state']> = new Set(['retrying', 'refused', 'holding'] as const)

export class EventLog {
  readonly #read: () => Promise<LogEntry[]>
  /** Oldest first. */
  entries: LogEntry[] = $state.raw([])
  state: 'closed' | 'reading' | 'open' | 'failed' = $state('closed')
  /** Why it could not be read, for the person. */
  error: string | null = $state(null)
  /** What came while it is being read; null while it is not. */
  #meanwhile: LogEntry[] | null = null

  constructor(read: () => Promise<LogEntry[]>) {
    this.#read = read
  }

  /** Reads it, or reads again what may have been missed. */
  async open(): Promise<void> {
    const meanwhile: LogEntry[] = []
    this.#meanwhile = meanwhile
    this.state = 'reading'
    this.error = null
    try {
      const read = await this.#read()
      if (this.#meanwhile !== meanwhile) return
      const newest = read.at(-1)?.id ?? 0
      this.#keep([...read, ...meanwhile.filter((entry) => entry.id > newest)])
      this.state = 'open'
    } catch (error) {
      if (this.#meanwhile !== meanwhile) return
      this.error = (error as Error).message
      this.state = 'failed'
    }
    this.#meanwhile = null
  }

  /** Something has just happened. */
  add(entry: LogEntry): void {
    if (this.state === 'closed') return
    this.#meanwhile?.push(entry)
    this.#keep([...this.entries, entry])
  }

  #keep(entries: LogEntry[]): void {
    this.entries = entries.slice(-maxEntries)
  }
}

/** What passes the filter, newest first. */
export function filtered(entries: readonly LogEntry[], filter: LogFilter): LogEntry[] {
  return entries.filter((entry) => passes(entry, filter)).reverse()
}

function passes(entry: LogEntry, filter: LogFilter): boolean {
  switch (filter.kind) {
    case 'all':
      return true
    case 'trouble':
      return isTrouble(entry)
    case 'target':
      return entry.kind === filter.of && entry.target === filter.id
  }
}

export function isTrouble(entry: LogEntry): boolean {
  if (entry.event === 'publisher_refused') return true
  if (entry.event !== 'state') return false
  return troubled.has(entry.state as Stream['state']) || (entry.state === 'off' && entry.reason !== null)
}

/** As a table that any spreadsheet reads; `row` gives the words of an entry. */
export function asCsv(head: string[], rows: string[][]): string {
  const quoted = (cell: string) => `"${safe(cell).replaceAll('"', '""')}"`
  return [head, ...rows].map((row) => row.map(quoted).join(',')).join('\r\n') + '\r\n'
}

/** A name that a spreadsheet would take for a formula is kept from being one. */
function safe(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell
}
