import type { WatchedEnforcer } from '../engine/enforcer-watch.ts'
import { bestEvidence } from '../engine/holdings.ts'
import type { Managed } from '../engine/manage.ts'
import { AppError, notFound } from './app-error.ts'
import type { App } from './context.ts'
import { type Caller, originOf } from './rights.ts'
import { requireRight } from './use-cases.ts'

/** Where one device stands. */
export interface DeviceView {
  readonly name: string
  readonly kind: string
  readonly state: string
  readonly since: number
  readonly error?: { readonly class: string; readonly code: string; readonly words: string }
  readonly conditions: Readonly<Record<string, string>>
  readonly entries: number
  readonly maxEntries: number
  /** Rules that the device was not yet told, and those that failed and are tried again. */
  readonly backlog: number
  readonly failing: number
  /** A person's hold. */
  readonly hold?: { readonly by: string; readonly until: number; readonly reason: string }
  /** What waits for a person because no event explains it. */
  readonly withheld?: { readonly count: number; readonly why: string }
  readonly enforcers: readonly EnforcerView[]
  readonly evidence: string
}

/** A router that is witnessed. */
interface EnforcerView {
  readonly name: string
  /** Why it cannot be read. */
  readonly trouble?: string
  /** Rules that it should have been seen to have, or to have lost, by now. */
  readonly late?: { readonly count: number; readonly words: string }
}

export async function listDevices(app: App, caller: Caller): Promise<DeviceView[]> {
  requireRight(caller, 'listDevices')
  await app.ledger.settled()
  return [...app.engine.devices.values()].map((managed) => viewDevice(app, managed))
}

export async function showDevice(app: App, caller: Caller, name: string): Promise<DeviceView> {
  requireRight(caller, 'showDevice')
  await app.ledger.settled()
  return viewDevice(app, managedDevice(app, name))
}

/** @throws AppError `not-found` */
export function managedDevice(app: App, name: string): Managed {
  const managed = app.engine.devices.get(name)
  if (managed === undefined) throw notFound(`device '${name}'`)
  return managed
}

function viewDevice(app: App, { device, table, runner, watch }: Managed): DeviceView {
  const hold = app.engine.isHeld(device.name) ? app.ledger.head.holds.get(device.name) : undefined
  const { state, since, error } = runner.status
  return {
    name: device.name,
    kind: device.kind,
    state: hold === undefined ? state : 'held',
    since,
    ...(error === undefined ? {} : { error }),
    conditions: Object.fromEntries(runner.conditions),
    entries: table.present,
    maxEntries: device.capabilities.maxEntries,
    backlog: table.backlog,
    failing: table.parked,
    ...(hold === undefined ? {} : { hold }),
    ...(runner.withheldWhy === undefined
      ? {}
      : { withheld: { count: table.withheld, why: runner.withheldWhy } }),
    enforcers: watch.enforcers.map(viewEnforcer),
    evidence: bestEvidence(device, watch.watches(device.capabilities.kinds)),
  }
}

function viewEnforcer({ name, trouble, lateness: { late } }: WatchedEnforcer): EnforcerView {
  return { name, ...(trouble === undefined ? {} : { trouble }), ...(late === undefined ? {} : { late }) }
}

/** Holds a device: nothing is changed on it, not even for releases, until the time given or until it is freed. */
export async function holdDevice(
  app: App,
  caller: Caller,
  name: string,
  until: number,
  reason: string,
): Promise<DeviceView> {
  requireRight(caller, 'holdDevice')
  const managed = managedDevice(app, name)
  await app.ledger.commit(
    (_head, now) => {
      if (until <= now)
        throw new AppError(400, 'until', 'until: that time has passed; give one in the future', {
          path: 'until',
        })
      return {
        events: [{ type: 'device.held', device: name, by: originOf(caller).token, until, reason }],
        answer: undefined,
      }
    },
    { bytes: 1_024 + 6 * reason.length, always: false },
  )
  return viewDevice(app, managed)
}

/** Ends a hold, and agrees to what a guard has withheld on the device. */
export async function freeDevice(app: App, caller: Caller, name: string): Promise<DeviceView> {
  requireRight(caller, 'freeDevice')
  const managed = managedDevice(app, name)
  await app.ledger.commit(
    (head) => ({
      events: head.holds.has(name)
        ? [{ type: 'device.freed' as const, device: name, by: originOf(caller).token }]
        : [],
      answer: undefined,
    }),
    { bytes: 512, always: true },
  )
  managed.runner.readAgain(true)
  return viewDevice(app, managed)
}

/** Reads a device anew and brings it in line. */
export async function resyncDevice(app: App, caller: Caller, name: string): Promise<DeviceView> {
  requireRight(caller, 'resyncDevice')
  const managed = managedDevice(app, name)
  managed.runner.readAgain(false)
  return viewDevice(app, managed)
}
