import type { TestContext } from 'node:test'
import type {
  Adapter,
  Capabilities,
  Change,
  DeviceChange,
  Observed,
  Outcome,
  Receipt,
  Session,
} from '../../adapters/adapter.ts'
import { SILENT } from '../../src/domain/log.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { blackholeRule, DROP, type Rule } from '../../src/domain/rule.ts'
import { DeviceRunner } from '../../src/engine/device-runner.ts'
import { DeviceTable } from '../../src/engine/device-table.ts'
import { EnforcerWatch } from '../../src/engine/enforcer-watch.ts'
import { DEFAULT_LIMITS } from '../../src/guards/limits.ts'
import { deviceNamed } from './inventory.ts'
import { VirtualClock } from './virtual-clock.ts'

/** A rule about one host of a small network. */
export const ruleOn = (host: number): Rule => blackholeRule('d-rtbh', parsePrefix(`10.0.0.${host}`))
export const DONE: Outcome = { result: 'done', evidence: 'read-back' }
export const NEVER = new Promise<never>(() => {})

/** A device whose every answer a test decides; what it holds lives on from session to session. */
export class Stage {
  readonly clock = new VirtualClock()
  readonly held = new Map<string, Rule>()
  readonly applied: Change[] = []
  readonly opened: number[] = []
  reads = 0
  outstanding = 0
  listener: ((change: DeviceChange) => void) | undefined
  isHeld = false
  unexplained = (_keys: readonly string[]): readonly string[] => []
  random = (): number => 1
  open = async (): Promise<void> => {}
  close = async (): Promise<void> => {}
  settled = async (): Promise<void> => {}
  observing = async (): Promise<void> => {}
  answer = async (_rule: Rule, _put: boolean): Promise<Outcome | undefined> => DONE
  readonly table: DeviceTable
  readonly runner: DeviceRunner

  constructor(t: TestContext, capabilities: Partial<Capabilities> = {}) {
    const device = deviceNamed('edge', { maxEntries: 100, batch: 2, inFlight: 2, ...capabilities })
    this.table = new DeviceTable({
      ...device.capabilities,
      enforcers: () => 0,
      actionOf: () => DROP,
      wasInForce: () => false,
      onEntry: () => {},
    })
    const adapter = { open: () => this.#connect() } as Partial<Adapter> as Adapter
    const env = {} as Parameters<Adapter['open']>[1]
    const { clock, table } = this
    const watch = new EnforcerWatch({
      device: 'edge',
      enforcers: [],
      neighbours: [],
      witnesses: new Map(),
      env: () => env,
      clock,
      log: SILENT,
    })
    this.runner = new DeviceRunner({
      ...{ device, adapter, env, table, watch, clock, log: SILENT, limits: DEFAULT_LIMITS },
      random: () => this.random(),
      held: () => this.isHeld,
      unexplained: (keys) => this.unexplained(keys),
    })
    t.after(async () => {
      const stopped = this.runner.stop()
      await clock.advance(60_000)
      await stopped
    })
  }

  async #connect(): Promise<Session> {
    this.opened.push(this.clock.monotonic())
    await this.open()
    return {
      observe: (what) => this.#observe(what),
      apply: (change) => this.#apply(change),
      onChange: (listener) => {
        this.listener = listener
      },
      settled: () => this.settled(),
      close: () => this.close(),
    }
  }

  async #observe(what: 'all' | readonly Rule[]): Promise<Observed> {
    this.reads += 1
    await this.observing()
    const keys = what === 'all' ? [...this.held.keys()] : what.map(({ key }) => key)
    const rules = keys.flatMap((key) => this.held.get(key) ?? [])
    return { rules, uncertain: [], evidence: 'read-back', foreign: 0 }
  }

  async #apply(change: Change): Promise<Receipt> {
    this.applied.push(change)
    this.outstanding += 1
    const receipt = new Map<string, Outcome>()
    for (const [rules, put] of [[change.put, true] as const, [change.remove, false] as const])
      for (const rule of rules) {
        const outcome = await this.answer(rule, put)
        if (outcome === undefined) continue
        receipt.set(rule.key, outcome)
        if (outcome.result !== 'done') continue
        if (put) this.held.set(rule.key, rule)
        else this.held.delete(rule.key)
      }
    this.outstanding -= 1
    return receipt
  }

  want(host: number, urgent = true): void {
    this.table.want(ruleOn(host), host, urgent)
    this.runner.wake()
  }

  unwant(host: number): void {
    this.table.unwant(ruleOn(host).key, host)
    this.runner.wake()
  }

  /** Starts the runner and lets it read the device. */
  async start(): Promise<void> {
    this.runner.start()
    await this.clock.advance(0)
  }

  hosts(): string[] {
    return [...this.held.values()].map((one) => ('prefix' in one ? one.prefix.slice(7, -3) : '')).sort()
  }
}
