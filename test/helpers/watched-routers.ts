import type { TestContext } from 'node:test'
import type { AdapterEnv, Change, Receipt } from '../../adapters/adapter.ts'
import type { Expectation, Seen, WitnessAdapter, WitnessSession } from '../../adapters/witness.ts'
import { SILENT } from '../../src/domain/log.ts'
import { DROP, type RuleKind } from '../../src/domain/rule.ts'
import { DeviceTable } from '../../src/engine/device-table.ts'
import { EnforcerWatch } from '../../src/engine/enforcer-watch.ts'
import { ruleOn } from './scripted-device.ts'
import { VirtualClock } from './virtual-clock.ts'

export const KEY = ruleOn(1).key

/** One watched router: what it is expected to have, and a way to say what it has. */
class Router implements WitnessSession {
  expected: Expectation[] = []
  forgotten: string[] = []
  closed = false
  #onSeen: (seen: Seen) => void = () => {}
  #onTrouble: (words: string | undefined) => void = () => {}

  watch(expected: readonly Expectation[], onSeen: (seen: Seen) => void): void {
    this.expected.push(...expected)
    this.#onSeen = onSeen
  }

  forget(keys: readonly string[]): void {
    this.forgotten.push(...keys)
  }

  onTrouble(listener: (words: string | undefined) => void): void {
    this.#onTrouble = listener
  }

  async close(): Promise<void> {
    this.closed = true
  }

  whyNot(key: string): string | undefined {
    return key === KEY ? 'refused by its import policy' : undefined
  }

  see(present: boolean, key = KEY): void {
    this.#onSeen({ key, present })
  }

  trouble(words: string | undefined): void {
    this.#onTrouble(words)
  }
}

/** Watched routers behind one device. */
export class WatchedRouters {
  readonly clock = new VirtualClock()
  readonly routers: Router[] = []
  readonly watch: EnforcerWatch
  readonly table: DeviceTable
  readonly logged: string[] = []
  sights = 0
  opens = async (): Promise<void> => {}

  constructor(
    t: TestContext,
    names: readonly string[] = ['r1', 'r2'],
    kinds: readonly RuleKind[] = ['d-rtbh'],
  ) {
    const enforcers = names.map((name) => ({
      name,
      witness: { kind: 'fake', config: {} },
      seenWithin: 3_000,
    }))
    const adapter = {
      kinds: () => kinds,
      open: () => this.#open(),
    } as Partial<WitnessAdapter> as WitnessAdapter
    this.watch = new EnforcerWatch({
      device: 'edge',
      enforcers: [...enforcers, { name: 'nobody looks' }],
      neighbours: [],
      witnesses: new Map([['fake', adapter]]),
      env: () => ({}) as AdapterEnv,
      clock: this.clock,
      log: {
        ...SILENT,
        warn: (fields, words) => this.logged.push(`${words}: ${JSON.stringify(fields)}`),
        info: (_fields, words) => this.logged.push(words),
      },
    })
    this.table = new DeviceTable({
      ...{ maxEntries: 10, batch: 10, actionOf: () => DROP, wasInForce: () => false, onEntry: () => {} },
      enforcers: (kind) => this.watch.maskOf(kind),
    })
    t.after(() => this.watch.stop())
  }

  async #open(): Promise<WitnessSession> {
    await this.opens()
    const router = new Router()
    this.routers.push(router)
    return router
  }

  async start(): Promise<void> {
    this.watch.start(this.table, () => {
      this.sights += 1
    })
    await this.clock.advance(0)
  }

  /** The device takes what is to do. */
  tell(): void {
    const change: Change = this.table.nextBatch() ?? { put: [], remove: [] }
    const receipt: Receipt = new Map(
      [...change.put, ...change.remove].map(({ key }) => [key, { result: 'done', evidence: 'acknowledged' }]),
    )
    this.table.settle(change, receipt)
    this.watch.expect(change, receipt)
  }

  get evidence(): string | undefined {
    return this.table.entries.get(KEY)?.evidence
  }
}

/** The device has taken one rule. */
export async function begun(
  t: TestContext,
  names?: readonly string[],
  kinds?: readonly RuleKind[],
): Promise<WatchedRouters> {
  const scene = new WatchedRouters(t, names, kinds)
  await scene.start()
  scene.table.want(ruleOn(1), 1, true)
  scene.tell()
  return scene
}
