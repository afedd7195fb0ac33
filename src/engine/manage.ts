import type { Adapter, AdapterEnv, Check, Evidence } from '../../adapters/adapter.ts'
import type { WitnessAdapter } from '../../adapters/witness.ts'
import type { Block } from '../domain/block.ts'
import type { Clock } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { Rule } from '../domain/rule.ts'
import type { Limits } from '../guards/limits.ts'
import type { Device } from '../inventory/inventory.ts'
import { actionFor } from '../placement/identities.ts'
import { CallTimes } from './call-times.ts'
import { callDeadline, withDeadline } from './deadline.ts'
import { DeviceRunner } from './device-runner.ts'
import { DeviceTable } from './device-table.ts'
import { EnforcerWatch } from './enforcer-watch.ts'
import type { Entry } from './entry.ts'
import { HitWatch } from './hit-watch.ts'
import { bestEvidence } from './holdings.ts'
import { Overlaps } from './overlaps.ts'

/** What works on devices needs, beside the devices. */
export interface ManageOptions {
  readonly limits: Limits
  readonly adapters: ReadonlyMap<string, Adapter>
  readonly witnesses: ReadonlyMap<string, WitnessAdapter>
  /** What an adapter or a witness gets: `name` is the device, or device and enforcer. */
  readonly envFor: (device: string, enforcer?: string) => AdapterEnv
  readonly clock: Clock
  readonly log: Logger
  /** Random numbers from 0 to 1. */
  readonly random: () => number
}

/** What the work on a device asks of those who know blocks. */
export interface BlockSide {
  readonly blockOf: (block: number) => Block | undefined
  /** Whether a person holds the device now. */
  readonly held: () => boolean
  readonly unexplained: (keys: readonly string[]) => readonly string[]
  readonly onEntry: (entry: Entry, bestOf: Managed['bestOf']) => void
}

/** One device with everything that works on it. */
export interface Managed {
  readonly device: Device
  /** The best evidence that it can give for a rule. */
  readonly bestOf: (rule: Rule) => Evidence
  readonly table: DeviceTable
  readonly runner: DeviceRunner
  readonly watch: EnforcerWatch
  /** Of its flow rules, where its routers let the first that matches decide. */
  readonly overlaps: Overlaps | undefined
  /** Where the device counts. */
  readonly hits: HitWatch | undefined
  readonly calls: CallTimes
  /** Where the adapter can tell what a device needs before it can be used: looks at that, in a session of its own. */
  readonly check: (() => Promise<readonly Check[]>) | undefined
}

export function manage(device: Device, options: ManageOptions, blocks: BlockSide): Managed {
  const { adapters, envFor, clock, log, random, limits } = options
  const { capabilities } = device
  const adapter = adapters.get(device.kind)
  if (adapter === undefined)
    throw new Error(`device ${device.name} is of kind ${device.kind}, for which there is no adapter`)
  const watch = watchOf(device, options)
  const bestOf = (rule: Rule): Evidence => bestEvidence(device, watch.maskOf(rule) !== 0)
  const table = new DeviceTable({
    maxEntries: capabilities.maxEntries,
    batch: capabilities.batch,
    enforcers: (rule) => watch.maskOf(rule),
    actionOf: (id, rule) => {
      const block = blocks.blockOf(id)
      return block && actionFor(block, rule)
    },
    wasInForce: (id) => blocks.blockOf(id)?.seenOn.includes(device.name) === true,
    onEntry: (entry) => blocks.onEntry(entry, bestOf),
  })
  const env = envFor(device.name)
  const { held, unexplained } = blocks
  const calls = new CallTimes(clock)
  const runner = new DeviceRunner({
    ...{ device, adapter: calls.timed(adapter), env, table, watch, clock, log, random, limits },
    ...{ held, unexplained },
  })
  const counting = { source: runner, entries: table.entries, clock, log, random }
  return {
    device,
    bestOf,
    table,
    runner,
    watch,
    calls,
    overlaps: capabilities.flowOrder === 'rfc8955' ? new Overlaps() : undefined,
    hits: capabilities.counts === true ? new HitWatch(counting) : undefined,
    check: checkOf(device, adapter, env),
  }
}

function watchOf({ name, enforcers, capabilities }: Device, options: ManageOptions): EnforcerWatch {
  const { witnesses, envFor, clock, log } = options
  const neighbours = capabilities.neighbours ?? []
  const env = (enforcer: string): AdapterEnv => envFor(name, enforcer)
  return new EnforcerWatch({ device: name, enforcers, neighbours, witnesses, env, clock, log })
}

function checkOf({ config, capabilities }: Device, adapter: Adapter, env: AdapterEnv): Managed['check'] {
  const { check } = adapter
  if (check === undefined) return undefined
  const never = new AbortController().signal
  return () =>
    withDeadline(env.clock, 'a check', callDeadline(capabilities, 0), never, (signal) =>
      check(config as never, env, signal),
    )
}
