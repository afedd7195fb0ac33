// Commits under load until it is killed. Prints a line for each answer, at once, so that the parent knows what it owes.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [build, folder] = process.argv.slice(2)
const load = (file) => import(pathToFileURL(join(build, 'src', 'ledger', file)).href)
const { FileLedger } = await load('file-ledger.js')
const { systemSalt } = await load('line.js')

const LANES = 8
const pause = new Int32Array(new SharedArrayBuffer(4))
const silent = () => {}

/** Waits for a parent that reads slowly. */
function say(text) {
  const bytes = Buffer.from(`${text}\n`)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}

const ledger = await FileLedger.open({
  folder,
  clock: { now: () => Date.now(), monotonic: () => performance.now(), after: silent },
  log: { debug: silent, info: silent, warn: silent, error: silent },
  salt: systemSalt(),
  retainEndedMs: 3_600_000,
  segmentBytes: 100_000,
  checkpointEvents: 500,
  onFatal: (error) => {
    say(`fatal ${error}`)
    process.exit(1)
  },
})
say(`open ${ledger.head.seq}`)
for (let lane = 0; lane < LANES; lane += 1) work(lane)

async function work(lane) {
  for (let round = 0; ; round += 1) {
    const block = await commit(
      (head) => [created(head.nextBlock, lane)],
      false,
      (events) => events[0].block,
    )
    say(`created ${block}`)
    if (round % 2 === 0) {
      await commit(() => [{ type: 'block.released', block, by: 't1', why: `lane ${lane}` }], true)
      say(`released ${block}`)
    }
    if (round % 4 === 1) await agreeAbout(block, lane)
    if (round % 8 === 3) await brake(`t${block}`)
    if (lane === 0 && round % 40 === 39) {
      const seq = await seqOf(block)
      await ledger.redact([seq], 't1').then(() => say(`redacted ${block}`), silent)
    }
  }
}

/** Two people let a department's block begin; then it is to cover something else, goes elsewhere, and is flagged. */
async function agreeAbout(after, lane) {
  const block = await commit(
    (head) => [proposed(head.nextBlock, lane)],
    false,
    (events) => events[0].block,
  )
  say(`proposed ${block}`)
  const { proposal } = proposed(block, lane)
  const by = { block, by: 't2', person: 'p2', digest: proposal.digest, until: null }
  await commit(() => [{ type: 'block.approved', ...by, begins: true }], false)
  say(`agreed ${block}`)
  const loaded = { type: 'inventory.loaded', digest: `${block}`, by: 't1' }
  const rest = ['198.19.0.0/25']
  const less = {
    type: 'block.covers',
    block,
    before: ['198.19.0.0/24'],
    expansion: rest,
    why: 'shrunk',
    by: 't1',
  }
  await commit(() => [loaded, less])
  say(`covered ${block}`)
  const flag = { type: 'block.flagged', block: after, why: 'w'.repeat(block % 300), by: 't1' }
  const elsewhere = { type: 'block.moved', block: after, before: '198.18.0.0/32', prefix: '198.19.1.1/32' }
  await commit(() => [{ ...elsewhere, why: 'moved', by: 't1' }, flag])
  say(`moved ${after}`)
}

/** Stops one source, by hand and by its breaker. */
async function brake(token) {
  const tripped = { type: 'breaker.tripped', breaker: `source:${token}`, limit: '11 a minute', source: token }
  await commit(() => [tripped, { type: 'source.muted', token, by: 't1', reason: 'noise' }], true)
  say(`muted ${token.slice(1)}`)
}

function proposed(block, lane) {
  const proposal = { digest: `d${block}`, asks: ['wide'], expires: Number.MAX_SAFE_INTEGER, agreed: ['p1'] }
  return {
    ...created(block, lane),
    type: 'block.proposed',
    shape: { target: 'department' },
    target: { kind: 'department', name: 'physics' },
    expansion: ['198.19.0.0/24'],
    proposal: { ...proposal, participants: [] },
  }
}

function commit(decide, always, answer = silent) {
  return ledger.commit(
    (head) => {
      const events = decide(head)
      return { events, answer: answer(events) }
    },
    { bytes: 2_000, always },
  )
}

async function seqOf(block) {
  for await (const { seq, event } of ledger.history()) if (event.block === block) return seq
  throw new Error(`block ${block} has no event`)
}

function created(block, lane) {
  return {
    type: 'block.created',
    block,
    shape: { target: 'host', family: 4, prefixLength: 32 },
    target: { kind: 'host', prefix: `198.18.${block % 250}.${lane}/32` },
    direction: 'both',
    action: { do: 'drop' },
    collateral: [],
    scope: 'local',
    origin: { kind: 'person', token: `t${lane}` },
    reason: 'r'.repeat(block % 700),
    until: null,
    policy: 'manual',
  }
}
