import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { AppError } from '../app/app-error.ts'
import type { App } from '../app/context.ts'
import type { Beside } from './beside.ts'
import { watchLists } from './list-metrics.ts'
import { watchMessages } from './message-metrics.ts'

type Recorded = Parameters<Parameters<App['ledger']['onDurable']>[0]>[0]

/** Numbers for Prometheus. No label is ever an address, an account or anything else of a person. */
export interface Metrics {
  readonly registry: Registry
  /** Notes that a request for a block was refused. */
  refused(error: AppError): void
  /** Notes an answered request; `route` is the pattern, never the address that was asked for. */
  answered(method: string, route: string, status: number, seconds: number): void
}

export function createMetrics(app: App, version: string, beside: Beside): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  new Gauge({
    name: 'cordon_build_info',
    help: 'Always 1.',
    labelNames: ['version'],
    registers: [registry],
  }).set({ version }, 1)
  watchState(app, registry)
  watchBrakes(app, registry)
  watchDevices(app, registry)
  watchCalls(app, registry)
  watchHits(app, registry)
  watchEnforcers(app, registry)
  watchBeside(beside, registry)
  watchLists(app, registry)
  watchMessages(app, beside, registry)
  const decisions = new Counter({
    name: 'cordon_decisions_total',
    help: 'Requests for a block, by the policy rule that decided; guards is the rule of what guards refused.',
    labelNames: ['policy', 'verdict'],
    registers: [registry],
  })
  watchEvents(app, registry, decisions)
  const refusals = new Counter({
    name: 'cordon_guard_refusals_total',
    help: 'What guards refused; one request may be refused by several.',
    labelNames: ['guard'],
    registers: [registry],
  })
  return {
    registry,
    refused(error) {
      if (error.refusals.length > 0) decisions.inc({ policy: 'guards', verdict: 'refuse' })
      for (const { guard } of error.refusals) refusals.inc({ guard })
    },
    answered: requestTimer(registry),
  }
}

/** A child is looked up once for each series: making its key anew costs more than all the rest. */
function requestTimer(registry: Registry): Metrics['answered'] {
  const durations = new Histogram({
    name: 'cordon_http_request_duration_seconds',
    help: 'How long requests took, waits that were asked for included.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers: [registry],
  })
  const children = new Map<string, { observe(value: number): void }>()
  return (method, route, status, seconds) => {
    const key = `${method} ${status} ${route}`
    let child = children.get(key)
    if (child === undefined) {
      child = durations.labels(method, route, String(status))
      children.set(key, child)
    }
    child.observe(seconds)
  }
}

function watchState({ ledger, clockDrift }: App, registry: Registry): void {
  new Gauge({
    name: 'cordon_clock_drift_seconds',
    help: 'How far the wall clock is away from the clock that ends of blocks go by; a step shows here.',
    registers: [registry],
    collect() {
      this.set(clockDrift() / 1_000)
    },
  })
  new Gauge({
    name: 'cordon_blocks',
    help: 'Blocks in memory: wanted on, and off until they are forgotten.',
    labelNames: ['wanted'],
    registers: [registry],
    collect() {
      let on = 0
      for (const count of ledger.head.activeBy.values()) on += count
      this.set({ wanted: 'on' }, on)
      this.set({ wanted: 'off' }, ledger.head.blocks.size - on)
    },
  })
  new Gauge({
    name: 'cordon_ledger_seq',
    help: 'Sequence number of the last event.',
    registers: [registry],
    collect() {
      this.set(ledger.head.seq)
    },
  })
}

function watchBrakes({ ledger }: App, registry: Registry): void {
  new Gauge({
    name: 'cordon_breaker_tripped',
    help: 'Breakers that have tripped and wait for a person.',
    registers: [registry],
    collect() {
      this.set(ledger.head.breakers.size)
    },
  })
  new Gauge({
    name: 'cordon_automation_frozen',
    help: 'Whether somebody has stopped all automatic blocks.',
    registers: [registry],
    collect() {
      this.set(ledger.head.frozen === undefined ? 0 : 1)
    },
  })
  new Gauge({
    name: 'cordon_blocks_proposed',
    help: 'Blocks that wait for the agreement of people.',
    registers: [registry],
    collect() {
      this.set(ledger.head.proposed.size)
    },
  })
}

type Managed = App['engine']['devices'] extends ReadonlyMap<string, infer One> ? One : never

const DEVICE_GAUGES: readonly { name: string; help: string; of: (managed: Managed) => number }[] = [
  {
    name: 'cordon_device_up',
    help: 'Whether the device is connected and read.',
    of: ({ runner }) => (runner.status.state === 'ready' ? 1 : 0),
  },
  {
    name: 'cordon_device_entries',
    help: 'Rules of ours that the device holds.',
    of: ({ table }) => table.present,
  },
  {
    name: 'cordon_device_backlog',
    help: 'Rules that the device was not yet told.',
    of: ({ table }) => table.backlog,
  },
  {
    name: 'cordon_device_failing',
    help: 'Rules that the device refuses and that are tried again.',
    of: ({ table }) => table.parked,
  },
]

function watchDevices({ engine }: App, registry: Registry): void {
  for (const { name, help, of } of DEVICE_GAUGES) {
    new Gauge({
      name,
      help,
      labelNames: ['device'],
      registers: [registry],
      collect() {
        for (const managed of engine.devices.values()) this.set({ device: managed.device.name }, of(managed))
      },
    })
  }
}

const HIT_COUNTERS = [
  [
    'cordon_hit_packets_total',
    'packets',
    'Packets that rules dropped or limited since the start, where the device counts.',
  ],
  [
    'cordon_hit_bytes_total',
    'bytes',
    'Bytes that rules dropped or limited since the start, where the device counts.',
  ],
] as const

function watchHits({ engine }: App, registry: Registry): void {
  for (const [name, unit, help] of HIT_COUNTERS) {
    new Counter({
      name,
      help,
      labelNames: ['device'],
      registers: [registry],
      collect() {
        this.reset()
        for (const { device, hits } of engine.devices.values())
          if (hits !== undefined) this.inc({ device: device.name }, hits.total[unit])
      },
    })
  }
}

function watchBeside({ exportBehind, pages }: Beside, registry: Registry): void {
  if (exportBehind !== undefined)
    new Gauge({
      name: 'cordon_audit_export_behind',
      help: 'Events of the ledger that were not yet sent to the receiver of the audit.',
      registers: [registry],
      collect() {
        this.set(exportBehind())
      },
    })
  if (pages !== undefined)
    new Counter({
      name: 'cordon_pages_total',
      help: 'Pages: sent, failed for good, and tries that failed and were not the last (retried).',
      labelNames: ['outcome'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [outcome, count] of pages()) this.inc({ outcome }, count)
      },
    })
}

type WatchedEnforcer = Managed['watch']['enforcers'][number]

const ENFORCER_GAUGES: readonly { name: string; help: string; of: (enforcer: WatchedEnforcer) => number }[] =
  [
    {
      name: 'cordon_enforcer_readable',
      help: 'Whether the witness can read the enforcing router.',
      of: ({ trouble }) => (trouble === undefined ? 1 : 0),
    },
    {
      name: 'cordon_enforcer_unseen',
      help: 'Rules that the enforcing router should have been seen to have, or to have lost, by now.',
      of: ({ lateness }) => lateness.late?.count ?? 0,
    },
  ]

function watchEnforcers({ engine }: App, registry: Registry): void {
  for (const { name, help, of } of ENFORCER_GAUGES) {
    new Gauge({
      name,
      help,
      labelNames: ['device', 'enforcer'],
      registers: [registry],
      collect() {
        for (const { device, watch } of engine.devices.values())
          for (const enforcer of watch.enforcers)
            this.set({ device: device.name, enforcer: enforcer.name }, of(enforcer))
      },
    })
  }
}

function watchCalls({ engine }: App, registry: Registry): void {
  const durations = new Histogram({
    name: 'cordon_device_call_seconds',
    help: 'How long devices took for what they were asked, read-back included.',
    labelNames: ['device', 'call'],
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 30, 120],
    registers: [registry],
  })
  for (const { device, calls } of engine.devices.values())
    calls.listen((call, ms) => durations.observe({ device: device.name, call }, ms / 1_000))
}

function watchEvents(app: App, registry: Registry, decisions: Counter<'policy' | 'verdict'>): void {
  const enforced = new Histogram({
    name: 'cordon_time_to_enforce_seconds',
    help: 'From the record of a block to the record that a device has it in force; such records are batched, so up to 0.25 s too much.',
    labelNames: ['device'],
    buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300],
    registers: [registry],
  })
  app.ledger.onDurable((recorded: Recorded) => {
    const taken = new Map<string, number>()
    for (const { at, event } of recorded) {
      if (event.type === 'block.created') taken.set(event.policy, (taken.get(event.policy) ?? 0) + 1)
      else if (event.type === 'milestones' && event.reached === 'in-force') {
        const ofDevice = enforced.labels({ device: event.device })
        for (const id of event.blocks) {
          const block = app.ledger.head.blocks.get(id)
          if (block !== undefined) ofDevice.observe((at - block.createdAt) / 1_000)
        }
      }
    }
    for (const [policy, count] of taken) decisions.inc({ policy, verdict: 'block' }, count)
  })
}
