import { sleep } from '../../src/domain/clock.ts'
import { isSwitchKind, type Rule, type SwitchRule } from '../../src/domain/rule.ts'
import {
  type AdapterEnv,
  AdapterError,
  type Capabilities,
  type Change,
  type Counters,
  type DeviceChange,
  type Evidence,
  type Observed,
  type Outcome,
  type Receipt,
  type Session,
} from '../adapter.ts'
import { Switches } from '../switching/switches.ts'
import type { MemoryDevice } from './device.ts'
import { memoryPanel } from './panel.ts'
import { whyUnsupported } from './support.ts'

const EVIDENCE: Readonly<Record<Capabilities['evidence'], Evidence>> = {
  enforcer: 'read-back',
  speaker: 'acknowledged',
  none: 'none',
}

export class MemorySession implements Session {
  readonly #device: MemoryDevice
  readonly #env: AdapterEnv
  readonly #capabilities: Capabilities
  readonly #latencyMs: number
  readonly #end = new AbortController()
  readonly #detach: readonly (() => void)[]
  readonly #switches: Switches
  #over: string | undefined
  #listener: ((change: DeviceChange) => void) | undefined

  /** @throws AdapterError `bad-memo` */
  constructor(
    device: MemoryDevice,
    env: AdapterEnv,
    capabilities: Capabilities,
    latencyMs: number,
    known: readonly SwitchRule[],
  ) {
    this.#device = device
    this.#env = env
    this.#capabilities = capabilities
    this.#latencyMs = latencyMs
    this.#switches = new Switches({
      ...{ panel: memoryPanel(device), env, known, closing: this.#end.signal },
      tell: (change) => this.#listener?.(change),
    })
    const look = (): void => {
      this.#switches.look().catch((error: unknown) => this.#finish(String(error)))
    }
    this.#detach = [device.attach((words) => this.#finish(words)), device.watch(look)]
  }

  async observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    await this.#travel(signal)
    const keys = what === 'all' ? [...this.#device.rules.keys()] : what.map((rule) => rule.key)
    const rules = [...new Set(keys)].flatMap((key) => this.#device.rules.get(key) ?? [])
    const switches = await this.#switches.observe(what, signal)
    return {
      rules: [...rules, ...switches.rules],
      uncertain: switches.uncertain,
      evidence: EVIDENCE[this.#capabilities.evidence],
      foreign: this.#device.foreign.size + switches.foreign,
    }
  }

  async counters(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Counters> {
    await this.#travel(signal)
    const { hits } = this.#device
    return what === 'all' ? new Map(hits) : new Map(what.flatMap(({ key }) => pairAt(hits, key)))
  }

  async apply(change: Change, signal: AbortSignal): Promise<Receipt> {
    await this.#travel(signal)
    const done: Outcome = { result: 'done', evidence: EVIDENCE[this.#capabilities.evidence] }
    const outcomes = new Map<string, Outcome>(
      [...(await this.#switches.apply(switchesOf(change), signal))].map(([key, outcome]) => [
        key,
        outcome.result === 'done' ? done : outcome,
      ]),
    )
    const remove = change.remove.filter((rule) => !isTurned(rule))
    const put = change.put.filter((rule) => !isTurned(rule))
    for (const rule of remove) {
      this.#device.rules.delete(rule.key)
      this.#device.hits.delete(rule.key)
      outcomes.set(rule.key, done)
    }
    for (const rule of put) outcomes.set(rule.key, this.#put(rule) ?? done)
    return outcomes
  }

  onChange(listener: (change: DeviceChange) => void): void {
    this.#listener = listener
  }

  async close(): Promise<void> {
    this.#listener = undefined
    this.#finish('the session was closed')
  }

  /** The way to the device: nothing has happened there yet when it fails. */
  async #travel(signal: AbortSignal): Promise<void> {
    if (this.#latencyMs > 0) {
      await sleep(this.#env.clock, this.#latencyMs, AbortSignal.any([signal, this.#end.signal]))
    }
    if (this.#over !== undefined) throw new AdapterError('unreachable', this.#over)
    if (signal.aborted) throw new AdapterError('timeout', 'the call was given up')
  }

  #put(rule: Rule): Outcome | undefined {
    const why = whyUnsupported(rule, this.#capabilities)
    if (why !== undefined) return { result: 'failed', class: 'unsupported', words: why }
    const { maxEntries } = this.#capabilities
    if (!this.#device.rules.has(rule.key) && this.#device.rules.size >= maxEntries) {
      return { result: 'failed', class: 'capacity', words: `it holds ${maxEntries} rules and no more` }
    }
    this.#device.rules.set(rule.key, rule)
    return undefined
  }

  #finish(words: string): void {
    if (this.#over !== undefined) return
    this.#over = words
    for (const detach of this.#detach) detach()
    this.#end.abort()
    this.#listener?.({ type: 'down', class: 'unreachable', words })
  }
}

function switchesOf({ put, remove }: Change): Change {
  return { put: put.filter(isTurned), remove: remove.filter(isTurned) }
}

/** Here a session that is kept off is held as entries are: nothing is restored. */
function isTurned({ kind }: Rule): boolean {
  return isSwitchKind(kind) && kind !== 'no-session'
}

function pairAt<V>(map: ReadonlyMap<string, V>, key: string): [string, V][] {
  const value = map.get(key)
  return value === undefined ? [] : [[key, value]]
}
