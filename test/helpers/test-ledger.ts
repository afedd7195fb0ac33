import { SILENT } from '../../src/domain/log.ts'
import type { LedgerEvent } from '../../src/ledger/events.ts'
import { FileLedger, type FileLedgerOptions } from '../../src/ledger/file-ledger.ts'
import type { Ledger } from '../../src/ledger/ledger.ts'
import { systemSalt } from '../../src/ledger/line.ts'
import type { State } from '../../src/ledger/state.ts'
import { VirtualClock } from './virtual-clock.ts'

/** Opens a ledger that keeps everything and makes no checkpoint, unless `options` say otherwise. */
export function openLedger(options: Partial<FileLedgerOptions>): Promise<FileLedger> {
  return FileLedger.open({
    folder: 'nowhere',
    clock: new VirtualClock(),
    log: SILENT,
    salt: systemSalt(),
    retainEndedMs: Number.MAX_SAFE_INTEGER,
    segmentBytes: 64 << 20,
    checkpointEvents: Number.MAX_SAFE_INTEGER,
    onFatal: (error) => {
      throw error
    },
    ...options,
  })
}

/** Commits events as they are, with room enough for them. */
export function put(ledger: Ledger, events: readonly LedgerEvent[], always = false): Promise<void> {
  const bytes = Buffer.byteLength(JSON.stringify(events)) + 200 * events.length
  return ledger.commit(() => ({ events, answer: undefined }), { bytes, always })
}

/** Everything that a state means, in a form that can be compared; how it shares memory is left out. */
export function plain(state: Readonly<State>): Record<string, unknown> {
  const { shared: _, byPrefix, byOtherEnd, automatic, proposed, activeBy, named, ...rest } = state
  const lists = (index: State['byPrefix']) =>
    [...index.entries()].map(([prefix, ids]) => [prefix, [ids].flat()]).sort()
  const maps = Object.entries(rest).filter(([, value]) => value instanceof Map)
  return JSON.parse(
    JSON.stringify({
      ...rest,
      ...Object.fromEntries(maps.map(([name, map]) => [name, entriesOf(map as Map<unknown, unknown>)])),
      byPrefix: lists(byPrefix),
      byOtherEnd: lists(byOtherEnd),
      named: [...named].sort((a, b) => a - b),
      automatic: [...automatic].sort((a, b) => a - b),
      activeBy: [...activeBy].sort(),
      proposed: [...proposed].sort((a, b) => a - b),
      frozen: rest.frozen ?? null,
    }),
  ) as Record<string, unknown>
}

/** In their order, which counts for what is forgotten from the front. */
function entriesOf(map: ReadonlyMap<unknown, unknown>): unknown[] {
  return [...map].map(([key, value]) => [key, value instanceof Set ? [...value].sort() : value])
}

/** Lets everything run that waits for nothing outside. */
export async function drain(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
