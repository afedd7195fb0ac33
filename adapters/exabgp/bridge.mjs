/*
 * Run by ExaBGP as its API process; plain Node without dependencies, because it outlives upgrades of the
 * controller. It listens on a Unix socket for the controller, gives every command a reply by id (ExaBGP's replies
 * carry none), always drains what ExaBGP writes (a full pipe stops ExaBGP and costs the session) and keeps what
 * the speaker was told, for a controller that comes back. The lines of the protocol are described in parse.ts.
 */
import { appendFileSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import net from 'node:net'

const PROTOCOL = 3
/** A controller that stops reading is cut off before its backlog grows beyond this. */
const MAX_BACKLOG_BYTES = 64 * 1024 * 1024
const [socketPath, digest] = process.argv.slice(2)
const identity = { pid: process.ppid, started: startTime(process.ppid) }

/** prefix, `2!prefix` of a group of neighbours, or name of a flow route -> { tag, attributes }: what ExaBGP has acknowledged. */
const held = new Map()
/** The same -> tags that may or may not stand. */
const doubt = new Map()
/** Neighbour address -> { state, reason }. */
const neighbours = new Map()
/** Commands that were written and not answered, oldest first; a reply is matched by its place. */
let waiting = []
let answered = 0
/** Answered since the last moment at which the matching by place was certain. */
let unsure = []
let settledFamilies
let complete = firstOfThisSpeaker()
// ExaBGP lists flow routes in words that cannot be read back, so their names are kept for the next helper.
const flowFile = `${socketPath}.flows`
let flowLines = complete ? forgetFlows() : recallFlows()
let controller

// process.stdout would write to a pipe synchronously: with ExaBGP blocked the other way, both would stand still.
const toSpeaker = new net.Socket({ fd: 1, readable: false, writable: true })
toSpeaker.on('error', () => process.exit(0))

readLines(process.stdin, speakerLine)
process.stdin.on('end', () => process.exit(0))
process.stdin.on('error', () => process.exit(0))
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {})

const server = net.createServer(greet)
try {
  unlinkSync(socketPath)
} catch {}
server.listen(socketPath)

function startTime(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
}

/** False when an earlier helper of the same ExaBGP has died: what it passed on is not known here. */
function firstOfThisSpeaker() {
  const mark = `${socketPath}.speaker`
  const text = `${identity.pid} ${identity.started}\n`
  let before = ''
  try {
    before = readFileSync(mark, 'latin1')
  } catch {}
  writeFileSync(mark, text)
  return before !== text
}

function forgetFlows() {
  writeFileSync(flowFile, '', { mode: 0o600 })
  return 0
}

/** Every flow route that an earlier helper passed on and did not see gone may stand. */
function recallFlows() {
  let lines = []
  try {
    lines = readFileSync(flowFile, 'latin1').split('\n')
  } catch {}
  for (const line of lines) {
    const [slot, tag] = line.split('\t')
    if (tag === '-') doubt.delete(slot)
    else if (tag !== undefined) doubt.set(slot, (doubt.get(slot) ?? new Set()).add(tag))
  }
  return lines.length
}

/** Before it is passed on: a helper that dies now has said so. */
function noteFlow(slot, tag) {
  if (flowLines >= 1_000 && flowLines >= 8 * (held.size + doubt.size)) rewriteFlows()
  appendFileSync(flowFile, `${slot}\t${tag}\n`)
  flowLines += 1
}

/** An announcement is noted before its answer: the answer to an earlier withdrawal must not take that back. */
function isAnnouncedLater(slot) {
  return waiting.slice(answered).some(({ flow, value }) => flow === slot && value !== undefined)
}

function rewriteFlows() {
  const lines = []
  for (const [slot, { tag }] of held) if (slot.startsWith('flow:')) lines.push(`${slot}\t${tag}\n`)
  for (const [slot, tags] of doubt) for (const tag of tags) lines.push(`${slot}\t${tag}\n`)
  for (const { flow, value } of waiting.slice(answered))
    if (flow !== undefined && value !== undefined) lines.push(`${flow}\t${value.tag}\n`)
  writeFileSync(flowFile, lines.join(''), { mode: 0o600 })
  flowLines = lines.length
}

function readLines(stream, use) {
  let rest = ''
  stream.setEncoding('latin1')
  stream.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()
    for (const line of lines) use(line)
  })
}

/** One controller at a time; the newest is the one that lives. */
function greet(socket) {
  controller?.destroy()
  controller = socket
  socket.on('error', () => socket.destroy())
  socket.on('close', () => {
    if (controller === socket) controller = undefined
  })
  readLines(socket, (line) => {
    if (controller === socket) controllerLine(line)
  })
  tell(socket, `h ${JSON.stringify(hello())}`)
}

function hello() {
  return {
    protocol: PROTOCOL,
    ...identity,
    digest,
    complete,
    settled: settledFamilies !== undefined,
    held: held.size,
    neighbours: Object.fromEntries(neighbours),
  }
}

function tell(socket, line) {
  if (socket === undefined || socket.destroyed) return
  if (socket.writableLength > MAX_BACKLOG_BYTES) socket.destroy()
  else socket.write(`${line}\n`, 'latin1')
}

function controllerLine(line) {
  const [kind, id, ...rest] = line.split(' ')
  const to = controller
  switch (kind) {
    case 'c': {
      const command = rest.slice(1).join(' ')
      if (FLOW.test(command)) return passFlow(command, rest[0], to, id)
      const [, verb, attributes, list] = BLACKHOLE.exec(command) ?? []
      if (verb === undefined) return tell(to, `r ${id} refused`)
      const [, group, tag] = /^(\d+!)?(.*)$/.exec(rest[0])
      return pass(command, {
        to,
        id,
        kind: 'command',
        value: verb === 'announce' ? { tag, attributes } : undefined,
        prefixes: list.split(' ').map((prefix) => `${group ?? ''}${prefix}`),
      })
    }
    case 'b':
      return pass('show neighbor summary', { to, id, kind: 'barrier' })
    case 'a':
      return pass('show adj-rib out extensive', { to, id, kind: 'audit' })
    case 'e':
      return settle(to, id, rest)
    case 'q':
      waiting.push({ to, id, kind: 'query', prefixes: rest })
      return runQueries()
    default:
      return tell(to, `r ${id} refused`)
  }
}

/** Who is told, when it is not everybody. */
const SELECTOR = '(?:neighbor [0-9a-f.:]+ (?:, neighbor [0-9a-f.:]+ )*)?'
const BLACKHOLE = new RegExp(
  `^${SELECTOR}(announce|withdraw) attributes ([\\x20-\\x7e]+) nlri ([0-9a-f.:/ ]+)$`,
)
const FLOW = new RegExp(
  `^${SELECTOR}(announce|withdraw) flow route \\{ match \\{ ([\\x20-\\x7a]+) \\} then \\{ ([\\x20-\\x7a]+) \\} \\}$`,
)

/** A flow route is known by its match, which has no spaces then. */
function passFlow(command, tag, to, id) {
  const [, verb, match, attributes] = FLOW.exec(command)
  const slot = `flow:${match.replaceAll(' ', '_')}`
  const value = verb === 'announce' ? { tag, attributes } : undefined
  if (value !== undefined) noteFlow(slot, tag)
  pass(command, { to, id, kind: 'command', value, prefixes: [slot], flow: slot })
}

function pass(command, entry) {
  waiting.push(entry)
  toSpeaker.write(`${command}\n`, 'latin1')
}

/** The first full replay is done: what the router holds beside it is stale (RFC 4724 §4.1), now and after every new session. */
function settle(to, id, families) {
  settledFamilies = families.map((text) => {
    const [family, who] = text.split('=')
    return { family: family.replace('/', ' '), who: who === '*' ? undefined : who.split(',') }
  })
  complete = true
  settledFamilies.forEach(({ family, who }, index) => {
    const last = index === families.length - 1
    const selector = who === undefined ? '' : `${who.map((one) => `neighbor ${one}`).join(' , ')} `
    pass(`${selector}announce eor ${family}`, { to: last ? to : undefined, id, kind: 'eor' })
  })
}

function speakerLine(line) {
  if (line === 'done' || line === 'error') return replied(line)
  if (line.startsWith('{')) return speakerEvent(line)
  if (line.startsWith('Peer ')) return found('barrier')
  if (line.startsWith('neighbor ')) {
    found('audit')
    const head = waiting[answered]
    if (head?.kind === 'audit') tell(head.to, `t ${head.id} ${line}`)
  }
}

/** Text that only one kind of command is answered with: whatever stands before it was never answered. */
function found(kind) {
  const place = waiting.findIndex((entry, index) => index >= answered && entry.kind === kind)
  if (place < 0) return
  const lost = waiting.slice(answered, place).filter((entry) => entry.kind !== 'query')
  if (lost.length > 0) {
    for (const entry of [...unsure, ...lost]) mistrust(entry)
    for (const entry of lost) tell(entry.to, `r ${entry.id} lost`)
    const queries = waiting.slice(answered, place).filter((entry) => entry.kind === 'query')
    waiting.splice(answered, place - answered)
    for (const query of queries) dump(query)
  }
  unsure = []
}

function mistrust(entry) {
  if (entry.kind !== 'command') return
  entry.prefixes.forEach((prefix, index) => {
    const tags = doubt.get(prefix) ?? new Set()
    const before = entry.before === undefined ? held.get(prefix) : entry.before[index]
    for (const value of [before, entry.value]) if (value !== undefined) tags.add(value.tag)
    doubt.set(prefix, tags)
  })
}

function replied(reply) {
  const entry = waiting[answered]
  if (entry === undefined) return tell(controller, 'x a reply without a command')
  answered += 1
  if (answered > 1000) {
    waiting = waiting.slice(answered)
    answered = 0
  }
  if (entry.kind === 'command') {
    if (reply === 'done') keep(entry)
    unsure.push(entry)
  }
  tell(entry.to, `r ${entry.id} ${reply}`)
  runQueries()
  if (waiting.length === answered) {
    waiting = []
    answered = 0
    unsure = []
  }
}

function keep(entry) {
  entry.before = entry.prefixes.map((prefix) => held.get(prefix))
  for (const prefix of entry.prefixes) {
    if (entry.value === undefined) {
      held.delete(prefix)
      if (entry.flow !== undefined && !isAnnouncedLater(entry.flow)) noteFlow(entry.flow, '-')
    } else held.set(prefix, entry.value)
    if (doubt.size > 0) doubt.delete(prefix)
  }
}

function runQueries() {
  while (waiting[answered]?.kind === 'query') {
    dump(waiting[answered])
    answered += 1
  }
}

function dump({ to, id, prefixes }) {
  const groups = new Map()
  const add = (prefix) => {
    const value = held.get(prefix)
    const tags = doubt.get(prefix)
    if (tags !== undefined) {
      for (const tag of tags) group(groups, `doubt ${tag}`).push(prefix)
    } else if (value !== undefined) group(groups, `held ${value.tag} ${value.attributes}`).push(prefix)
  }
  for (const prefix of prefixes.length > 0 ? new Set(prefixes) : new Set([...held.keys(), ...doubt.keys()])) {
    add(prefix)
  }
  for (const [label, members] of groups) {
    for (let from = 0; from < members.length; from += 1000) {
      tell(to, `s ${id} ${label}\t${members.slice(from, from + 1000).join(' ')}`)
    }
  }
  tell(to, `r ${id} done`)
}

function group(groups, label) {
  let members = groups.get(label)
  if (members === undefined) {
    members = []
    groups.set(label, members)
  }
  return members
}

function speakerEvent(line) {
  let event
  try {
    event = JSON.parse(line)
  } catch {
    return
  }
  if (event.type !== 'state') return
  const address = event.neighbor?.address?.peer
  if (typeof address !== 'string') return
  const seen = { state: String(event.neighbor.state), reason: String(event.neighbor.reason ?? '') }
  neighbours.set(address, seen)
  tell(controller, `v ${JSON.stringify({ address, ...seen })}`)
  // A router that kept our routes over a lost session sweeps what was withdrawn meanwhile only after this.
  if (seen.state === 'up' && settledFamilies !== undefined) {
    for (const { family, who } of settledFamilies)
      if (who?.includes(address) !== false)
        pass(`neighbor ${address} announce eor ${family}`, { kind: 'eor' })
  }
}
