/*
 * Stands in for ExaBGP in tests: runs the real helper and answers its commands, with faults on demand. It is
 * steered by JSON lines on FOLDER/fake.sock and, at its start, by FOLDER/fake.json.
 */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, unlinkSync } from 'node:fs'
import net from 'node:net'
import { dirname, join } from 'node:path'

const conf = process.argv[2]
const folder = dirname(conf)
const text = readFileSync(conf, 'utf8')
const start = existsSync(join(folder, 'fake.json'))
  ? JSON.parse(readFileSync(join(folder, 'fake.json'), 'utf8'))
  : {}
if (start.exit !== undefined) {
  process.stderr.write('configuration issue\n')
  process.exit(start.exit)
}
const [file, ...args] = /run ([^;]+);/.exec(text)[1].split(' ')
const peers = [...text.matchAll(/^neighbor (\S+) \{/gm)].map(([, address]) => address)
const rib = new Map()
const log = []
const faults = { silent: [], error: [], half: false, hung: false, delay: 0 }
let turn = Promise.resolve()
const backlog = []
let helper

function startHelper() {
  helper = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] })
  helper.stdin.on('error', () => {})
  lines(helper.stdout, (line) => {
    if (faults.hung) backlog.push(line)
    else command(line)
  })
  helper.on('exit', startHelper)
}

function lines(stream, use) {
  let rest = ''
  stream.setEncoding('latin1')
  stream.on('data', (chunk) => {
    const all = (rest + chunk).split('\n')
    rest = all.pop()
    for (const line of all) use(line)
  })
}

function say(line) {
  if (faults.delay > 0) {
    turn = turn.then(() => new Promise((resolve) => setTimeout(resolve, faults.delay)))
    turn.then(() => helper.stdin.write(`${line}\n`))
    return
  }
  if (!faults.half) return helper.stdin.write(`${line}\n`)
  const middle = Math.ceil(line.length / 2)
  helper.stdin.write(line.slice(0, middle))
  setTimeout(() => helper.stdin.write(`${line.slice(middle)}\n`), 5)
}

const FLOW = /^(announce|withdraw) flow route \{ match \{ (.*) \} then \{ (.*) \} \}$/

function command(line) {
  log.push(line)
  const hit = (words) => words.some((word) => line.includes(word))
  if (hit(faults.silent)) return
  if (hit(faults.error)) return say('error')
  const route = /^(announce|withdraw) attributes (.*) nlri (.*)$/.exec(line)
  if (route !== null) {
    for (const prefix of route[3].split(' ')) {
      if (route[1] === 'announce') rib.set(prefix, route[2])
      else rib.delete(prefix)
    }
  } else if (FLOW.test(line)) {
    const [, verb, match, then] = FLOW.exec(line)
    if (verb === 'announce') rib.set(`flow ${match}`, then)
    else rib.delete(`flow ${match}`)
  } else if (line === 'show neighbor summary')
    say('Peer            AS        up/down state       |     #sent     #recvd')
  else if (line.startsWith('show adj-rib out')) {
    for (const [prefix, attributes] of rib) {
      if (prefix.startsWith('flow ')) continue
      const family = prefix.includes(':') ? 'ipv6' : 'ipv4'
      say(
        `neighbor ${peers[0]} local-ip 127.0.0.1 ${family} unicast ${prefix} ${attributes.replace('[', '[ ').replace(']', ' ]')}`,
      )
    }
  }
  say('done')
}

function event(address, state, reason) {
  say(
    JSON.stringify({
      exabgp: '4.0.1',
      type: 'state',
      neighbor: { address: { peer: address }, state, reason },
    }),
  )
}

const steer = join(folder, 'fake.sock')
try {
  unlinkSync(steer)
} catch {}
net
  .createServer((socket) => {
    socket.on('error', () => {})
    lines(socket, (line) => {
      const { op, ...rest } = JSON.parse(line)
      if (op === 'crash') process.exit(1)
      if (op === 'kill-helper') helper.kill('SIGKILL')
      if (op === 'peer') event(rest.address, rest.state, rest.reason)
      if (op === 'say') say(rest.line)
      if (op === 'faults') {
        Object.assign(faults, rest)
        if (!faults.hung) for (const late of backlog.splice(0)) command(late)
      }
      socket.write(`${JSON.stringify({ rib: [...rib], log })}\n`)
    })
  })
  .listen(steer)

startHelper()
if (start.silentPeers !== true) for (const address of peers) event(address, 'up')
