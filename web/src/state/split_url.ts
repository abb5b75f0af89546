// Takes a whole URL, as some programs show it, apart into server and key. It is only ever a proposal: where the app ends
// and the key begins cannot be told for certain, so a person is asked.
import type { Platform } from '../api/types'

export interface Split {
  server: string
  key: string
}

interface Url {
  /** rtmp://host:port, as it was written. */
  origin: string
  host: string
  path: string
}

/**
 * Null when there is nothing to split. What is known of the platforms counts first: their servers, then the forms that
 * theirs have. For other servers the last part of the path is the key, if it looks like one and `keyMissing`: with
 * a key of its own, app/part is rather an app of two parts.
 */
export function splitUrl(pasted: string, platforms: readonly Platform[], keyMissing = true): Split | null {
  const parts = /^\s*(?:[\p{L} ]+\s*:\s*)?(rtmps?:\/\/\S+)(?:\s+(\S.*?))?\s*$/isu.exec(pasted)
  const address = parts?.[1]
  if (address === undefined) return null
  if (parts?.[2] !== undefined) return besideEachOther(address, parts[2])
  const url = parse(address)
  if (!url) return null
  const known = ofPlatforms(url, platforms)
  if (known !== 'none') return known === 'whole' ? null : known
  return keyMissing ? guessed(url) : null
}

/** What may be seen of a key in a proposal: enough to recognise it, too little to use it. */
export function maskKey(key: string): string {
  return `${key.length >= 12 ? key.slice(0, 3) : ''}••••••`
}

/** Server and key on two lines, or with a space between them; each may have its label before it. */
function besideEachOther(server: string, rest: string): Split | null {
  // A key may have a colon in it (Telegram), so only labels that are words for a key are taken off.
  const key = rest.replace(/^(stream[ -]?key|key|clé(?: de (?:stream|diffusion|flux))?)\s*[:=]?\s+/iu, '')
  return key === '' || /\s/.test(key) ? null : { server, key }
}

function parse(address: string): Url | null {
  const parts = /^(rtmps?:\/\/([^/]+))\/(.+)$/i.exec(address)
  if (!parts?.[1] || !parts[2] || !parts[3]) return null
  return { origin: parts[1], host: parts[2].replace(/:\d*$/, '').toLowerCase(), path: parts[3] }
}

/** 'whole': it is a server of a platform, without a key. 'none': no platform has such servers. */
function ofPlatforms(url: Url, platforms: readonly Platform[]): Split | 'whole' | 'none' {
  const known = platforms
    .flatMap(({ servers, backup_servers, server_form }) => [
      ...[...servers, ...backup_servers].map((server) => server.url),
      ...(server_form === null ? [] : [server_form]),
    ])
    .map(parse)
    .filter((one) => one !== null)
    // An app of two parts before one that is its beginning.
    .sort((a, b) => b.path.length - a.path.length)
  for (const server of known) {
    if (!pattern(server.host).test(url.host)) continue
    const found = after(url, server.path)
    if (found !== 'none') return found
  }
  return 'none'
}

/** Splits behind a known app, which may end in a slash or in a query. */
function after({ origin, path }: Url, app: string): Split | 'whole' | 'none' {
  const bare = app.replace(/\/$/, '')
  const slash = app.slice(bare.length)
  const found = pattern(bare, true).exec(path)
  if (found) {
    const key = path.slice(found[0].length).replace(/^\/+/, '')
    return key === '' ? 'whole' : { server: `${origin}/${found[0].replace(/\/$/, '')}${slash}`, key }
  }
  const [name, query] = bare.split('?')
  // Written as addresses usually are, with the app's query at the very end: live2/KEY?backup=1.
  if (query !== undefined && path.startsWith(`${name}/`) && path.endsWith(`?${query}`)) {
    const key = path.slice(`${name}/`.length, -`?${query}`.length)
    if (key !== '' && !key.includes('?')) return { server: `${origin}/${bare}`, key }
  }
  return 'none'
}

/** Where the catalogue has … there is something of the person's own. */
function pattern(form: string, open = false): RegExp {
  const escaped = form.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/…/g, '[^/?]+')
  return new RegExp(`^${escaped}${open ? '(?:/|$)' : '$'}`)
}

function guessed({ origin, path }: Url): Split | null {
  const parts = path.split('/')
  // A slash in the query of a key is a part of the key.
  const withQuery = parts.findIndex((part) => part.includes('?'))
  const at = withQuery >= 1 ? withQuery : parts.length - 1
  const key = parts.slice(at).join('/')
  if (at === 0 || !looksLikeKey(key)) return null
  return { server: `${origin}/${parts.slice(0, at).join('/')}`, key }
}

function looksLikeKey(text: string): boolean {
  return /[?=:&]/.test(text) || text.length >= 16 || (text.length >= 8 && /[\d_-]/.test(text))
}
