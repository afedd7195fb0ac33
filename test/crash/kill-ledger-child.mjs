// Commits under load until it is killed. Prints a line for each answer, at once, so that the parent knows what it owes.
import { writeSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [build, folder] = process.argv.slice(2)
const load = (file) => import(pathToFileURL(join(build, 'src', 'ledger', file)).href)
const { FileLedger } = await load('file-ledger.js')
const { systemSalt } = await load('line.js')

const LANES = 8
const say = (text) => writeSync(1, `${text}\n`)
const silent = () => {}

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
    if (lane === 0 && round % 40 === 39) {
      const seq = await seqOf(block)
      await ledger.redact([seq], 't1').then(() => say(`redacted ${block}`), silent)
    }
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
