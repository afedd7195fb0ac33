import { AdapterError } from '../../adapters/adapter.ts'
import type { Block } from '../domain/block.ts'
import type { Rule } from '../domain/rule.ts'
import { COUNT_EVERY } from '../engine/hit-watch.ts'
import type { Managed } from '../engine/manage.ts'
import type { App } from './context.ts'
import type { Caller } from './rights.ts'
import { findTheirs } from './sight.ts'
import { requireRight } from './use-cases.ts'

/** What one rule of a block has met on one device. Several blocks may share a rule: each is told all of it. */
export interface RuleHits {
  readonly rule: string
  readonly packets: number
  readonly bytes: number
  readonly resets: number
  readonly lastHit: number | undefined
}

export interface DeviceHits {
  readonly device: string
  readonly counts: boolean
  /** Since when it is known when counters grow. */
  readonly since: number | undefined
  /** Of what the device holds of the block. */
  readonly rules: readonly RuleHits[]
  /** Why there are no counters, or none of now. */
  readonly error?: { readonly class: string; readonly words: string }
}

export interface BlockHits {
  readonly block: Block
  readonly packets: number
  readonly bytes: number
  readonly lastHit: number | undefined
  /** Milliseconds between two readings: no last hit is known better than that. */
  readonly precision: number
  readonly devices: readonly DeviceHits[]
}

/**
 * What a block's rules have dropped or limited.
 * @param fresh whether the devices are asked now, each in bounded time; else the last readings are told
 * @throws AppError `not-found`
 */
export async function blockHits(app: App, caller: Caller, id: number, fresh: boolean): Promise<BlockHits> {
  requireRight(caller, 'blockHits')
  await app.ledger.settled()
  const block = await findTheirs(app, caller, id)
  const devices = await Promise.all(
    [...rulesByDevice(app, block)].map(([managed, rules]) => hitsOn(managed, rules, fresh)),
  )
  const all = devices.flatMap(({ rules }) => rules)
  return {
    block,
    packets: all.reduce((sum, { packets }) => sum + packets, 0),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    lastHit: latest(all.map(({ lastHit }) => lastHit)),
    precision: COUNT_EVERY,
    devices,
  }
}

/** Rules that the devices hold, or may. */
export function rulesByDevice({ engine }: Pick<App, 'engine'>, block: Block): Map<Managed, Rule[]> {
  const byDevice = new Map<Managed, Rule[]>()
  for (const { device, rule } of engine.rulesOf(block)) {
    const managed = engine.devices.get(device)
    if (managed === undefined) continue
    const rules = byDevice.get(managed) ?? []
    byDevice.set(managed, rules)
    const entry = managed.table.entries.get(rule.key)
    if (entry !== undefined && entry.state !== 'no') rules.push(entry.rule)
  }
  return byDevice
}

async function hitsOn(
  { device, hits }: Managed,
  rules: readonly Rule[],
  fresh: boolean,
): Promise<DeviceHits> {
  const { name, kind } = device
  if (hits === undefined) {
    const words = `devices of kind ${kind} do not count what their rules meet`
    return {
      device: name,
      counts: false,
      since: undefined,
      rules: [],
      error: { class: 'unsupported', words },
    }
  }
  const error = fresh && rules.length > 0 ? await hits.read(rules).then(() => undefined, wordsOf) : undefined
  return {
    device: name,
    counts: true,
    since: hits.since,
    rules: rules.map(({ key }) => ({ rule: key, ...(hits.of(key) ?? NONE) })).map(bare),
    ...(error === undefined ? {} : { error }),
  }
}

const NONE = { packets: 0, bytes: 0, resets: 0, lastHit: undefined }

function bare({ rule, packets, bytes, resets, lastHit }: RuleHits): RuleHits {
  return { rule, packets, bytes, resets, lastHit }
}

function wordsOf(error: unknown): { readonly class: string; readonly words: string } {
  if (!(error instanceof AdapterError)) throw error
  return { class: error.class, words: error.message }
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
