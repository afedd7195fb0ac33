import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { TRIGGER_KINDS } from '../../src/domain/trigger.ts'
import type { LedgerEvent, Recorded } from '../../src/ledger/events.ts'
import type { FileLedger } from '../../src/ledger/file-ledger.ts'
import { ANSWER_KEPT, fold, forget } from '../../src/ledger/fold.ts'
import { SETTLED_KEPT } from '../../src/ledger/fold-request.ts'
import { blocksUnder, emptyState, type State } from '../../src/ledger/state.ts'
import {
  aboutRequest,
  amended,
  answeredRequest,
  approved,
  covers,
  created,
  failed,
  fateOf,
  flagged,
  growing,
  inForce,
  moved,
  noted,
  personKnown,
  proposed,
  queued,
  released,
  requestFiled,
  tokenCreated,
  triggerTaken,
} from '../helpers/events.ts'
import { type MemoryFiles, memoryFiles } from '../helpers/memory-files.ts'
import { holds } from '../helpers/property.ts'
import { openLedger, plain, put } from '../helpers/test-ledger.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'

const RETAIN = 50_000

/** What is really there. */
interface World {
  readonly files: MemoryFiles
  readonly clock: VirtualClock
  ledger: FileLedger
}

/** Every event that was answered, which is all there is to know. */
interface Model {
  readonly recorded: Recorded[]
}

type Step = fc.AsyncCommand<Model, World>

/** Plain recomputation, by other means than the fold. */
function indexes(state: Readonly<State>): Record<string, unknown> {
  const active = [...state.blocks.values()].filter(({ wanted }) => wanted === 'on')
  const tokens = new Set(active.map(({ origin }) => origin.token))
  const hosts = [...state.blocks.values()].flatMap(({ id, target }) =>
    target.kind === 'host' ? [{ id, prefix: target.prefix }] : [],
  )
  return {
    automatic: active.filter(({ origin }) => origin.kind === 'automatic').map(({ id }) => id),
    activeBy: [...tokens]
      .map((token) => [token, active.filter(({ origin }) => origin.token === token).length])
      .sort(),
    ended: [...state.blocks.values()].filter(({ wanted }) => wanted === 'off').map(({ id }) => id),
    proposed: [...state.blocks.values()].filter(({ wanted }) => wanted === 'proposed').map(({ id }) => id),
    named: [...state.blocks.values()]
      .filter(({ target, expansion }) => target.kind !== 'host' || expansion !== undefined)
      .map(({ id }) => id),
    hosts: hosts.map(({ prefix }) => hosts.filter((other) => other.prefix === prefix).map(({ id }) => id)),
  }
}

function keptIndexes(state: Readonly<State>): Record<string, unknown> {
  return {
    automatic: [...state.automatic].sort((a, b) => a - b),
    activeBy: [...state.activeBy].sort(),
    ended: [...state.ended].sort((a, b) => a - b),
    proposed: [...state.proposed].sort((a, b) => a - b),
    named: [...state.named].sort((a, b) => a - b),
    hosts: [...state.blocks.values()].flatMap(({ target }) =>
      target.kind === 'host' ? [blocksUnder(state.byPrefix, target.prefix)] : [],
    ),
  }
}

/** The head, as far as it has not been forgotten, is what folding everything anew comes to. */
function agree({ recorded }: Model, { ledger, clock }: World): void {
  const anew = emptyState()
  for (const one of recorded) fold(anew, one)
  const now = clock.now()
  forget(anew, now - RETAIN, now)
  forget(ledger.head as State, now - RETAIN, now)
  assert.deepEqual(plain(ledger.head), plain(anew))
  assert.deepEqual(keptIndexes(ledger.head), indexes(ledger.head))
  assert.equal(ledger.head.nextBlock, Math.max(1, ...recorded.map(nextAfter)))
}

function nextAfter({ event }: Recorded): number {
  if (event.type === 'request.filed') return event.request + 1
  return event.type === 'block.created' || event.type === 'block.proposed' ? event.block + 1 : 1
}

class Commit implements Step {
  readonly #make: (head: Readonly<State>) => readonly LedgerEvent[]
  readonly #name: string

  constructor(name: string, make: (head: Readonly<State>) => readonly LedgerEvent[]) {
    this.#name = name
    this.#make = make
  }

  check(): boolean {
    return true
  }

  async run(model: Model, world: World): Promise<void> {
    await put(world.ledger, this.#make(world.ledger.head))
    agree(model, world)
  }

  toString(): string {
    return this.#name
  }
}

class Pass implements Step {
  readonly #ms: number

  constructor(ms: number) {
    this.#ms = ms
  }

  check(): boolean {
    return true
  }

  async run(model: Model, world: World): Promise<void> {
    await world.clock.advance(this.#ms)
    agree(model, world)
  }

  toString(): string {
    return `${this.#ms} ms pass`
  }
}

class Redact implements Step {
  readonly #at: number

  constructor(at: number) {
    this.#at = at
  }

  check({ recorded }: Readonly<Model>): boolean {
    return recorded.length > 0
  }

  async run(model: Model, world: World): Promise<void> {
    const event = model.recorded[this.#at % model.recorded.length]
    if (event !== undefined) await world.ledger.redact([event.seq], 't1').catch(isActive)
    agree(model, world)
  }

  toString(): string {
    return `redact one of ${this.#at}`
  }
}

function isActive(error: unknown): void {
  assert.match(String(error), /its personal data stays/)
}

class Restart implements Step {
  check(): boolean {
    return true
  }

  async run(model: Model, world: World): Promise<void> {
    await world.ledger.close()
    world.ledger = await start(world.files, world.clock, model)
    agree(model, world)
  }

  toString(): string {
    return 'restart'
  }
}

async function start(files: MemoryFiles, clock: VirtualClock, model: Model): Promise<FileLedger> {
  const ledger = await openLedger({ files, clock, segmentBytes: 3_000, retainEndedMs: RETAIN })
  ledger.onDurable((recorded) => model.recorded.push(...recorded))
  return ledger
}

const block = fc.nat(30)
const some = fc.uniqueArray(block, { maxLength: 4 })
const device = fc.constantFrom('r1', 'r2', 'r1 r2', 'r 3')
const commit = (name: string, make: (head: Readonly<State>) => readonly LedgerEvent[]): Step =>
  new Commit(name, make)
const several = (count: number, over: (id: number) => number) => (head: Readonly<State>) =>
  Array.from({ length: count }, (_, index) =>
    created(head.nextBlock + index, { target: created(over(head.nextBlock + index)).target }),
  )

function emergencyOf(block: number): LedgerEvent {
  const waiting = proposed(block)
  const proposal = waiting.type === 'block.proposed' ? waiting.proposal : undefined
  return created(block, { emergency: true, ownHosts: 3, ...(proposal === undefined ? {} : { proposal }) })
}

const STEPS: fc.Arbitrary<Step>[] = [
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat(4)).map(([count, host]) =>
    commit(
      `create ${count} on host ${host}`,
      several(count, () => host),
    ),
  ),
  fc.nat(3).map((name) =>
    commit(`create department ${name}`, (head) => [
      created(head.nextBlock, {
        shape: { target: 'department' },
        target: { kind: 'department', name: `d${name}` },
      }),
    ]),
  ),
  block.map((id) => commit(`amend ${id}`, () => [amended(id, 'amended')])),
  block.map((id) => commit(`release ${id}`, () => [released(id)])),
  block.map((id) => commit(`expire ${id}`, () => [{ type: 'block.expired', block: id }])),
  fc
    .tuple(device, some)
    .map(([name, ids]) => commit(`${name} has ${ids.join(' ')}`, () => [inForce(name, ids)])),
  fc
    .tuple(device, some)
    .map(([name, ids]) => commit(`${name} failed ${ids.join(' ')}`, () => [failed(name, ids)])),
  fc
    .tuple(fc.nat(3), some)
    .map(([key, ids]) => commit(`answer ${key}`, () => [answeredRequest(`${key}`, ids)])),
  fc.nat(3).map((id) => commit(`token ${id}`, () => [tokenCreated(`t${id}`)])),
  fc.nat(3).map((id) => commit(`revoke ${id}`, () => [{ type: 'token.revoked', token: `t${id}`, by: 't0' }])),
  device.map((name) =>
    commit(`hold ${name}`, () => [{ type: 'device.held', device: name, by: 't1', until: 1, reason: 'r' }]),
  ),
  device.map((name) => commit(`free ${name}`, () => [{ type: 'device.freed', device: name, by: 't1' }])),
  fc.nat(9).map((memo) => commit(`memo ${memo}`, () => [{ type: 'memo', device: 'r1', memo: `${memo}` }])),
  fc.constant(commit('propose', (head) => [proposed(head.nextBlock)])),
  fc.constant(commit('emergency', (head) => [emergencyOf(head.nextBlock)])),
  fc.tuple(block, fc.boolean()).map(([id, begins]) => commit(`approve ${id}`, () => [approved(id, begins)])),
  block.map((id) =>
    commit(`decline ${id}`, () => [{ type: 'block.declined', block: id, by: 't2', why: 'no' }]),
  ),
  fc.tuple(block, fc.nat(2)).map(([id, host]) => commit(`move ${id}`, () => [moved(id, host)])),
  fc
    .tuple(block, fc.option(fc.constantFrom('a', 'b'), { nil: undefined }))
    .map(([id, why]) => commit(`flag ${id}`, () => [flagged(id, why)])),
  fc.tuple(block, fc.nat(2)).map(([id, host]) => commit(`cover less of ${id}`, () => [covers(id, host)])),
  block.map((id) => commit(`grow ${id}`, () => [growing(id)])),
  fc.constant(commit('inventory', () => [{ type: 'inventory.loaded', digest: 'd', by: 't1' }])),
  fc.nat(3).map((id) => commit(`person ${id}`, () => [personKnown(`p${id}`)])),
  fc
    .nat(3)
    .map((id) => commit(`person ${id} left`, () => [{ type: 'person.left', person: `p${id}`, by: 't0' }])),
  fc
    .constantFrom('all', 'source:t1')
    .map((breaker) =>
      commit(`trip ${breaker}`, () => [{ type: 'breaker.tripped', breaker, limit: 'l', source: 's' }]),
    ),
  fc.constant(commit('reset', () => [{ type: 'breaker.reset', breaker: 'all', by: 't1' }])),
  fc.constant(commit('freeze', () => [{ type: 'automation.frozen', by: 't1', reason: 'r' }])),
  fc.constant(commit('thaw', () => [{ type: 'automation.thawed', by: 't1' }])),
  some.map((blocks) =>
    commit(`panic ${blocks.join(' ')}`, () => [{ type: 'automation.panicked', blocks, by: 't1' }]),
  ),
  fc.constant(commit('mute', () => [{ type: 'source.muted', token: 't1', by: 't0', reason: 'r' }])),
  fc.constant(commit('unmute', () => [{ type: 'source.unmuted', token: 't1', by: 't0' }])),
  fc.constant(commit('read', () => [{ type: 'read.recorded', by: 't1', what: 'audit', about: 'x' }])),
  fc
    .record({
      id: fc.nat(3),
      kind: fc.constantFrom(...TRIGGER_KINDS),
      made: fc.boolean(),
      attack: fc.boolean(),
    })
    .map(({ id, kind, made, attack }) =>
      commit(
        `trigger ${id} ${kind}${made ? ' makes a block' : ''}${attack ? ' of an attack' : ''}`,
        (head) => {
          const block = head.nextBlock
          const about = { id: `i${id}`, kind, attack }
          if (!made || kind === 'close') return [triggerTaken(head.nextTrigger, about)]
          return [created(block), triggerTaken(head.nextTrigger, about, block)]
        },
      ),
    ),
  block.map((id) => commit(`request about ${id}`, (head) => [requestFiled(head.nextBlock, id)])),
  fc
    .tuple(block, fc.nat(7))
    .map(([id, at]) => commit(`word ${at} of request ${id}`, () => aboutRequest(id).slice(at, at + 1))),
  block.map((id) => commit(`tell of ${id}`, (head) => [noted(head.seq, { block: id })])),
  block.map((request) => commit(`tell of request ${request}`, (head) => [noted(head.seq, { request })])),
  fc
    .tuple(some, fc.option(block, { nil: undefined }))
    .map(([blocks, request]) =>
      commit(`write of ${blocks.join(' ')} ${request ?? ''}`, ({ nextMessage, seq }) => [
        queued(nextMessage, seq, { blocks, ...(request === undefined ? {} : { request }) }),
      ]),
    ),
  fc
    .tuple(fc.nat(5), fc.constantFrom('sent', 'left', 'dead', 'again', 'dropped'))
    .map(([message, what]) => commit(`message ${message} ${what}`, () => [fateOf(message, what)])),
  fc.constantFrom(1, 11_000, RETAIN, SETTLED_KEPT, ANSWER_KEPT + 1).map((ms) => new Pass(ms)),
  fc.nat(1_000).map((at) => new Redact(at)),
  fc.constant(new Restart()),
]

describe('the head of a ledger', () => {
  it('is at any time what folding all that was answered comes to, also after a restart and a redaction', async () => {
    const property = fc.asyncProperty(fc.commands(STEPS, { maxCommands: 60 }), async (commands) => {
      const model: Model = { recorded: [] }
      const files = memoryFiles()
      const clock = new VirtualClock()
      const world: World = { files, clock, ledger: await start(files, clock, model) }
      await fc.asyncModelRun(() => ({ model, real: world }), commands)
      await world.ledger.close()
    })
    await holds(property, 150)
  })
})
