import type { Recorded } from '../../src/ledger/events.ts'
import type { FileLedger } from '../../src/ledger/file-ledger.ts'
import { fold } from '../../src/ledger/fold.ts'
import { emptyState } from '../../src/ledger/state.ts'
import {
  amended,
  answeredRequest,
  approved,
  covers,
  created,
  failed,
  flagged,
  growing,
  inForce,
  moved,
  personKnown,
  proposed,
  released,
  tokenCreated,
} from '../helpers/events.ts'
import { plain, put } from '../helpers/test-ledger.ts'

/** Some of everything that a ledger does, in about as many lines as a test of every byte can bear. */
export const STEPS: readonly ((ledger: FileLedger) => Promise<unknown>)[] = [
  (ledger) => put(ledger, [tokenCreated('t1')]),
  (ledger) => put(ledger, [created(1), answeredRequest('key-1', [1])]),
  (ledger) => put(ledger, [inForce('r1', [1])]),
  // The first is a line of its own, the others share the next.
  (ledger) =>
    Promise.all([put(ledger, [created(2)]), put(ledger, [created(3)]), put(ledger, [amended(2, 'x')])]),
  (ledger) => put(ledger, [released(1)], true),
  (ledger) => put(ledger, [created(4, { reason: 'é'.repeat(3_000) }), created(5)]),
  (ledger) =>
    put(
      ledger,
      Array.from({ length: 24 }, (_, index) => created(10 + index)),
    ),
  (ledger) => put(ledger, [failed('r1', [4, 5])]),
  (ledger) => put(ledger, [{ type: 'block.expired', block: 3 }], true),
  (ledger) => ledger.redact([ERASED], 't1'),
  (ledger) => put(ledger, [{ type: 'memo', device: 'r2', memo: 'as it was' }]),
  (ledger) => Promise.all([put(ledger, [released(4)], true), put(ledger, [created(40), created(41)])]),
  (ledger) => put(ledger, [inForce('r2', [40])]),
  (ledger) =>
    put(ledger, [
      ...[personKnown('p1'), personKnown('p2'), proposed(50), proposed(51), proposed(52)],
      ...[approved(50, false), { type: 'block.declined', block: 51, by: 't2', why: 'personal' } as const],
      { type: 'block.expired', block: 52 },
    ]),
  (ledger) =>
    put(ledger, [
      ...[approved(50, true), { type: 'inventory.loaded', digest: 'of the inventory', by: 't1' } as const],
      ...[covers(50, 128), growing(50), moved(40, 7), flagged(40, 'look at it'), flagged(41, undefined)],
    ]),
  (ledger) =>
    put(
      ledger,
      [
        { type: 'breaker.tripped', breaker: 'source:t2', limit: '11 a minute', source: 't2' },
        { type: 'breaker.tripped', breaker: 'all', limit: '31 a minute', source: 't2' },
        { type: 'breaker.reset', breaker: 'all', by: 't1' },
        { type: 'source.muted', token: 't2', by: 't1', reason: 'noise' },
        { type: 'automation.frozen', by: 't1', reason: 'panic' },
        { type: 'automation.panicked', blocks: [10, 12, 14], by: 't1' },
      ],
      true,
    ),
]

/** The creation of block 1, and words that stand in it alone. */
export const ERASED = 2
export const ERASED_WORDS = 'reason-of-the-analyst 1"'

/** States after each durable group of a run that went well, beginning with none; and how many events each has. */
export interface Course {
  readonly states: readonly string[]
  readonly lengths: readonly number[]
  readonly recorded: readonly Recorded[]
}

export function courseOf(groups: readonly (readonly Recorded[])[]): Course {
  const state = emptyState()
  const states = [JSON.stringify(plain(state))]
  const lengths = [0]
  for (const group of groups) {
    for (const recorded of group) fold(state, recorded)
    states.push(JSON.stringify(plain(state)))
    lengths.push(state.seq)
  }
  return { states, lengths, recorded: groups.flat() }
}
