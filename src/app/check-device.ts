import { AdapterError, type Check } from '../../adapters/adapter.ts'
import {
  compareReading,
  compareSights,
  type Difference,
  type EnforcerSight,
  type Finding,
} from '../engine/compare.ts'
import { throughSteps } from '../engine/in-steps.ts'
import type { Reading } from '../engine/readings.ts'
import type { App } from './context.ts'
import { managedDevice } from './devices.ts'
import { type Caller, requireScope } from './rights.ts'
import { requireRight } from './use-cases.ts'

export interface DeviceWords {
  readonly class: string
  readonly code: string
  readonly words: string
}

/** What a device holds beside what it should. */
export interface DeviceCheck {
  readonly device: string
  readonly kind: string
  /** Whether it and its enforcers could be read, it has what it needs, and nothing differs that is not being seen to already. */
  readonly inLine: boolean
  readonly reading: DeviceReading | { readonly error: DeviceWords }
  readonly counts: Readonly<Record<Difference, number>>
  readonly findings: readonly Finding[]
  readonly enforcers: readonly EnforcerSight[]
  /** What must be so before the device can be used, where that can be told; each in a session of its own. */
  readonly checks?: readonly Check[]
}

export interface DeviceReading {
  readonly at: number
  /** Milliseconds. */
  readonly took: number
  readonly wanted: number
  readonly held: number
  readonly foreign: number
}

/** Findings that one answer has at most; the counts are of all. */
const MOST = 200
const NONE: Readonly<Record<Difference, number>> = {
  missing: 0,
  extra: 0,
  different: 0,
  uncertain: 0,
  waiting: 0,
  leaving: 0,
}

/**
 * Reads a device and compares it with what is wanted. Nothing changes by it, neither on the device nor in what is
 * known of it: whoever wants it brought in line asks for that.
 */
export async function checkDevice(app: App, caller: Caller, name: string): Promise<DeviceCheck> {
  requireRight(caller, 'checkDevice')
  // Rules name targets, and findings the blocks behind them.
  requireScope(caller, 'blocks:read')
  await app.ledger.settled()
  const { device, runner, table, watch, check } = managedDevice(app, name)
  // One after the other: both might want the lock of its configuration.
  const checks = await check?.()
  const outcome = await runner.read().catch(asWords)
  const read = 'error' in outcome ? outcome : await compared(app, outcome, table.entries)
  const enforcers = await throughSteps(app.clock, compareSights(watch, table.entries))
  const findings = 'error' in read ? [] : read.findings
  const counts = countsOf(findings)
  return {
    device: device.name,
    kind: device.kind,
    inLine:
      !('error' in read) &&
      !hasDrifted(counts) &&
      enforcers.every(seesItAll) &&
      (checks?.every(({ ok }) => ok) ?? true),
    reading: 'error' in read ? read : read.reading,
    counts,
    findings: findings.slice(0, MOST),
    enforcers: enforcers.map(({ unseen, lingering, ...sight }) => ({
      ...sight,
      unseen: unseen.slice(0, MOST),
      lingering: lingering.slice(0, MOST),
    })),
    ...(checks === undefined ? {} : { checks }),
  }
}

function asWords(error: unknown): { readonly error: DeviceWords } {
  if (!(error instanceof AdapterError)) throw error
  return { error: { class: error.class, code: error.code, words: error.message } }
}

async function compared(
  app: App,
  { observed, at, took }: Reading,
  entries: Parameters<typeof compareReading>[1],
) {
  const { findings, wanted } = await throughSteps(app.clock, compareReading(observed, entries))
  const reading = { at, took, wanted, held: observed.rules.length, foreign: observed.foreign }
  return { findings, reading }
}

function countsOf(findings: readonly Finding[]): Readonly<Record<Difference, number>> {
  const counts = { ...NONE }
  for (const { what } of findings) counts[what] += 1
  return counts
}

function hasDrifted({ missing, extra, different, uncertain }: Readonly<Record<Difference, number>>): boolean {
  return missing + extra + different + uncertain > 0
}

function seesItAll({ unseen, lingering, trouble }: EnforcerSight): boolean {
  return trouble === undefined && unseen.length === 0 && lingering.length === 0
}
