// The demo of scripts/run --demo: a test picture with sound goes into Sluice, three receivers on this machine
// play the platforms, and the terminal says what is arriving where. Ends what it started, by process id.
//
//   node scripts/demo.mjs BIN_DIR [options of sluiced…]
//
// Without options the demo has a data directory of its own, build/demo, and takes free ports near the usual ones.

import { spawn } from 'node:child_process'
import { mkdirSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'

const [bin, ...sluicedOptions] = process.argv.slice(2)
const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const dataDir = resolve(valueOf('--data-dir') ?? join(root, 'build', 'demo'))
const logDir = join(dataDir, 'demo-log')
const platforms = ['First platform', 'Second platform', 'Third platform']

// What sluiced will take for an option, when it is given.
function valueOf(option) {
  const index = sluicedOptions.findLastIndex((word) => word === option || word.startsWith(`${option}=`))
  if (index < 0) return undefined
  const word = sluicedOptions[index]
  return word === option ? sluicedOptions[index + 1] : word.slice(option.length + 1)
}

// Each program runs in a process group of its own, so that Ctrl-C reaches this script alone, and is ended by
// the kernel should this script be killed.
const started = []
function start(name, program, args, { stdout = 'ignore' } = {}) {
  const log = openSync(join(logDir, `${name}.log`), 'w', 0o600)
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', program, ...args], {
    detached: true,
    stdio: ['ignore', stdout === 'pipe' ? 'pipe' : log, log],
  })
  child.name = name
  child.gone = new Promise((done) => child.once('exit', (code, signal) => done(code ?? signal)))
  child.once('error', (error) => stop(`${program} cannot be started: ${error.message}`))
  started.push(child)
  return child
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 4000)
  await child.gone
  clearTimeout(timer)
}

let stopping = false
async function stop(reason, code = reason ? 1 : 0) {
  if (stopping) return
  stopping = true
  console.log(reason ? `\nerror: ${reason}\n` : '\n==> ending the demo')
  // Sluice first, so that it says goodbye to its platforms while they are there.
  for (const child of ['sluiced', 'picture', ...platforms].map((name) => started.find((c) => c.name === name))) {
    if (child) await end(child)
  }
  process.exit(code)
}

const isFree = (port, host) =>
  new Promise((done) => {
    const probe = createServer()
    probe.once('error', () => done(0))
    probe.listen({ port, host, exclusive: true }, () => {
      const found = probe.address().port
      probe.close(() => done(found))
    })
  })
const portNear = async (port, host) => (await isFree(port, host)) || (await isFree(0, host))

function listening(receiver) {
  receiver.stats = 'nothing yet'
  return new Promise((done, failed) => {
    receiver.gone.then(() => failed(new Error(`${receiver.name} ended; see ${logDir}`)))
    createInterface({ input: receiver.stdout }).on('line', (line) => {
      if (line.startsWith('listening ')) done(Number(line.split(':')[1]))
      else receiver.stats = line
    })
  })
}

async function api(method, url, body) {
  const answer = await fetch(url, { method, body: body && JSON.stringify(body) })
  if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`)
  return answer.status === 204 ? null : answer.json()
}

// What `sluiced --print-addresses` says once it takes publishers. Should it end before, its sentence and its exit
// code become ours.
function addressesOf(sluiced) {
  return new Promise((done) => {
    const addresses = {}
    createInterface({ input: sluiced.stdout }).on('line', (line) => {
      const [, name, value] = /^(page|rtmp|rtmp_lan|data_dir)=(.*)$/.exec(line) ?? []
      if (name === undefined) return console.log(line) // --help
      addresses[name] ??= value
      if (name === 'data_dir') done(addresses)
    })
    sluiced.gone.then((code) => {
      if (stopping) return
      process.stderr.write(readFileSync(join(logDir, 'sluiced.log')))
      const ended = typeof code === 'number' ? code : 1
      stop(ended === 0 ? null : `sluiced ended (${code})`, ended)
    })
  })
}

async function startSluice() {
  const options = [...sluicedOptions]
  if (!valueOf('--data-dir')) options.push('--data-dir', dataDir)
  if (!valueOf('--rtmp-listen')) options.push('--rtmp-listen', `0.0.0.0:${await portNear(1935, '0.0.0.0')}`)
  if (!valueOf('--http-listen')) options.push('--http-listen', `127.0.0.1:${await portNear(8080, '127.0.0.1')}`)
  const sluiced = start('sluiced', join(bin, 'sluiced'), ['--print-addresses', ...options], { stdout: 'pipe' })
  const { page, rtmp } = await addressesOf(sluiced)
  return { base: page.replace(/\/$/, ''), rtmp }
}

// A second run finds the streams of the first and only tells them where the receivers are now.
async function addStreams(base, ports) {
  const there = await api('GET', `${base}/api/streams`)
  const ids = []
  for (const [index, name] of platforms.entries()) {
    const fields = { name, server: `rtmp://127.0.0.1:${ports[index]}/live`, key: `demo-${index + 1}`, enabled: true }
    const known = there.find((stream) => stream.name === name)
    const stream = known
      ? await api('PUT', `${base}/api/streams/${known.id}`, fields)
      : await api('POST', `${base}/api/streams`, fields)
    ids.push(stream.id)
  }
  return ids
}

function figures(line) {
  const value = (name) => Number(new RegExp(`${name}=(\\d+)`).exec(line)?.[1] ?? 0)
  if (value('publishing') === 0) return 'nothing arrives'
  return `${value('fps')} pictures/s, ${value('audio')} sound packets/s, ${value('kbps')} kbit/s, ${value('key_frames')} key frames so far`
}

async function report(base, ids, receivers) {
  const streams = await api('GET', `${base}/api/streams`)
  console.log(new Date().toTimeString().slice(0, 8))
  for (const [index, receiver] of receivers.entries()) {
    const stream = streams.find((candidate) => candidate.id === ids[index])
    console.log(`  ${receiver.name.padEnd(16)} ${(stream?.state ?? 'removed').padEnd(10)} ${figures(receiver.stats)}`)
  }
}

function testPicture(url) {
  return start('picture', 'ffmpeg', [
    '-hide_banner', '-loglevel', 'warning', '-nostdin', '-re',
    '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30',
    '-f', 'lavfi', '-i', 'sine=frequency=440:beep_factor=4:sample_rate=48000',
    '-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-pix_fmt', 'yuv420p',
    '-b:v', '2500k', '-maxrate', '2500k', '-bufsize', '2500k', '-g', '60',
    '-c:a', 'aac', '-b:a', '128k', '-f', 'flv', url,
  ])
}

async function main() {
  mkdirSync(logDir, { recursive: true, mode: 0o700 })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop())

  const receivers = platforms.map((name) => start(name, join(bin, 'rtmp_sink'), ['--stats'], { stdout: 'pipe' }))
  const ports = await Promise.all(receivers.map(listening))
  const { base, rtmp } = await startSluice()
  const ids = await addStreams(base, ports)
  const picture = testPicture(rtmp)
  picture.gone.then((code) => stop(`the test picture ended (${code}); see ${join(logDir, 'picture.log')}`))

  console.log(`
  The demo is running: a test picture goes to ${rtmp} with an empty key,
  and from there to three platforms on this machine. Switch them off and on here:

    ${base}/

  Ctrl-C ends everything.
`)
  while (!stopping) {
    await sleep(3000)
    if (!stopping) await report(base, ids, receivers)
  }
}

main().catch((error) => stop(error.message))
