// The real programs around the page, on free loopback ports.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'

const bin = process.env.SLUICE_BIN ?? resolve(__dirname, '../../build/release/bin')

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  const giveUp = setTimeout(() => child.kill('SIGKILL'), 8000)
  await exited
  clearTimeout(giveUp)
}

/** Ends at once with the reason when a child ends before it is ready, instead of waiting for a time-out. */
function diedEarly(child: ChildProcess, what: string): Promise<never> {
  let last = ''
  child.stderr?.on('data', (text: Buffer) => (last = (last + text).slice(-2000)))
  return new Promise((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`${what} ended with ${code}:\n${last}`)))
  })
}

export class Sluice {
  #child: ChildProcess | null = null

  private constructor(
    readonly dir: string,
    readonly httpPort: number,
    readonly rtmpPort: number,
  ) {}

  static async start(): Promise<Sluice> {
    const dir = await mkdtemp(join(tmpdir(), 'sluice-page-'))
    const sluice = new Sluice(dir, await freePort(), await freePort())
    await sluice.resume()
    return sluice
  }

  get url(): string {
    return `http://127.0.0.1:${this.httpPort}/`
  }

  /** Starts sluiced with the same data and ports as before. */
  async resume(): Promise<void> {
    const child = spawn(join(bin, 'sluiced'), [
      '--data-dir', this.dir,
      '--rtmp-listen', `127.0.0.1:${this.rtmpPort}`,
      '--http-listen', `127.0.0.1:${this.httpPort}`,
    ], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#child = child
    const died = diedEarly(child, 'sluiced')
    died.catch(() => {})
    try {
      await Promise.race([died, this.#healthy()])
    } catch (error) {
      await this.dispose()
      throw error
    }
  }

  async stop(): Promise<void> {
    if (this.#child) await end(this.#child)
    this.#child = null
  }

  async dispose(): Promise<void> {
    await this.stop()
    await rm(this.dir, { recursive: true, force: true })
  }

  async addStream(fields: Record<string, unknown>): Promise<void> {
    const response = await fetch(new URL('/api/streams', this.url), { method: 'POST', body: JSON.stringify(fields) })
    if (response.status !== 201) throw new Error(`not added: ${response.status} ${await response.text()}`)
  }

  async changeStream(id: unknown, fields: Record<string, unknown>): Promise<void> {
    const response = await fetch(new URL(`/api/streams/${id}`, this.url), { method: 'PUT', body: JSON.stringify(fields) })
    if (response.status !== 200) throw new Error(`not changed: ${response.status} ${await response.text()}`)
  }

  async streams(): Promise<Record<string, unknown>[]> {
    const response = await fetch(new URL('/api/streams', this.url))
    return (await response.json()) as Record<string, unknown>[]
  }

  async #healthy(): Promise<void> {
    const deadline = Date.now() + 15_000
    for (;;) {
      const answer = await fetch(new URL('/api/health', this.url)).then(
        async (response) => (response.ok ? null : response.text()),
        () => 'nobody listens',
      )
      if (answer === null) return
      if (Date.now() > deadline) throw new Error(`sluiced is not healthy: ${answer}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

/** A test picture with sound from ffmpeg, 640×360 at 25 fps with a key frame each second. */
export class Publisher {
  readonly #child: ChildProcess

  constructor(url: string) {
    this.#child = spawn('ffmpeg', [
      '-hide_banner', '-loglevel', 'error', '-re',
      '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25',
      '-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000',
      '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p',
      '-g', '25', '-b:v', '1500k', '-c:a', 'aac', '-b:a', '128k', '-ac', '2',
      '-t', '120', '-f', 'flv', url,
    ], { stdio: ['ignore', 'ignore', 'ignore'] })
  }

  stop(): Promise<void> {
    return end(this.#child)
  }

  /** The connection breaks without a word. */
  breakOff(): Promise<void> {
    return end(this.#child, 'SIGKILL')
  }
}

/** How a platform treats a publish: takes it, says that the key is in use, or hangs up soon after. */
export type Treatment = 'accepting' | 'busy' | 'hanging up'

const treatments: Record<Treatment, string[]> = {
  accepting: [],
  busy: ['--refuse-publish'],
  'hanging up': ['--close-after-ms', '200'],
}

/** A platform on this machine. */
export class Receiver {
  private constructor(
    readonly url: string,
    readonly port: number,
    readonly child: ChildProcess,
  ) {}

  static async start(how: Treatment, port = 0): Promise<Receiver> {
    const child = spawn(join(bin, 'rtmp_sink'), ['--port', String(port), ...treatments[how]], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const died = diedEarly(child, 'rtmp_sink')
    died.catch(() => {})
    const lines = createInterface({ input: child.stdout! })
    const [line] = (await Promise.race([died, once(lines, 'line')])) as [string]
    const actual = Number(/:(\d+)$/.exec(line)?.[1])
    return new Receiver(`rtmp://127.0.0.1:${actual}/app`, actual, child)
  }

  stop(): Promise<void> {
    return end(this.child)
  }
}
