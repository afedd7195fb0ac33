import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Family } from '../addresses.ts'
import { eventually } from '../eventually.ts'
import type { Lab } from '../lab-handle.ts'
import { monotonicMs } from './clock.ts'
import { FlowTrack, type Gaps, type Passed } from './flow-track.ts'
import { parseReport, type Report } from './reports.ts'

export interface Flow {
  readonly name: string
  /** the node that receives */
  readonly to: string
  readonly family: Family
  readonly port: number
  /** packets a second, 2000 when left out */
  readonly hz?: number
  /** the port that they come from, one of the system's choice when left out; several flows may share one */
  readonly sourcePort?: number
}

/** Where a probe's processes run: a lab, or nodes that a test has wired by itself. */
export type ProbedNodes = Pick<Lab, 'spawnIn' | 'addressOf'>

export interface ProbeOptions {
  /** the node that sends, `attacker` when left out */
  readonly from?: string
  readonly flows: readonly Flow[]
  /** names of the flows that must never stop */
  readonly neighbours?: readonly string[]
}

export interface FlowGaps extends Gaps {
  readonly flow: string
  /** packets that a receiver's own machine dropped, of all flows to the host: no router's doing */
  readonly droppedByReceiver: number
}

export interface Probe {
  /** now, on the clock of every time that the probe reports */
  mark(): number
  /** the first packet that came through */
  first(flow: string): Passed
  /** @throws when nothing that was sent after then has come through at the deadline */
  through(flow: string, options: ResumedOptions): Promise<Passed>
  /** @throws when packets still come through at the deadline */
  stopped(flow: string, options: StoppedOptions): Promise<{ lastThrough: Passed }>
  /** @throws when nothing has come back at the deadline */
  resumed(flow: string, options: ResumedOptions): Promise<{ firstBack: Passed }>
  gaps(flow: string): FlowGaps
  neighbourGaps(): FlowGaps[]
  stop(): Promise<void>
}

export interface StoppedOptions {
  readonly after: number
  /** that much sending must have come to nothing, 20 ms when left out */
  readonly quietMs?: number
  readonly deadlineMs?: number
}

export interface ResumedOptions {
  readonly after: number
  readonly deadlineMs?: number
}

const DEFAULT_HZ = 2000
const DEADLINE_MS = 10_000

/** A host's flow, another to the same host, one to the host next door: what a block may and may not touch. */
export function usualFlows(host: string, nextHost: string, family: Family): Flow[] {
  return [
    { name: 'victim', to: host, family, port: 9001 },
    { name: 'same-host', to: host, family, port: 9002, hz: 1000 },
    { name: 'next-host', to: nextHost, family, port: 9001, hz: 1000 },
  ]
}

/** Resolves once packets of every flow come through. */
export async function startProbe(lab: ProbedNodes, options: ProbeOptions): Promise<Probe> {
  const watch = new Watch(options)
  try {
    for (const host of new Set(options.flows.map((flow) => flow.to))) watch.startReceiver(lab, host)
    await watch.until('the receivers to listen', DEADLINE_MS, () => watch.allReady())
    watch.startSender(lab)
    await watch.until('packets of every flow to come through', DEADLINE_MS, () => watch.allFlowing())
  } catch (error) {
    await watch.stop()
    throw error
  }
  return probeOf(watch, options)
}

function probeOf(watch: Watch, options: ProbeOptions): Probe {
  const gaps = (flow: string): FlowGaps => watch.gaps(flow)
  return {
    mark: monotonicMs,
    first: (flow) => watch.track(flow).first,
    through(flow, { after, deadlineMs = DEADLINE_MS }) {
      const track = watch.track(flow)
      return watch.until(`${flow} to come through`, deadlineMs, () => {
        const { last } = track
        return last !== undefined && last.sentAt > after && last
      })
    },
    async stopped(flow, { after, quietMs = 20, deadlineMs = DEADLINE_MS }) {
      const track = watch.track(flow)
      const lastThrough = await watch.until(`${flow} to stop`, deadlineMs, () =>
        track.stoppedAt(after, quietMs, watch.passableUntil()),
      )
      return { lastThrough }
    },
    async resumed(flow, { after, deadlineMs = DEADLINE_MS }) {
      const track = watch.track(flow)
      return { firstBack: await watch.until(`${flow} to resume`, deadlineMs, () => track.resumedAt(after)) }
    },
    gaps,
    neighbourGaps: () => (options.neighbours ?? []).map(gaps),
    stop: () => watch.stop(),
  }
}

/** The processes of a probe and what they have told so far. */
class Watch {
  readonly #options: ProbeOptions
  readonly #tracks: FlowTrack[]
  readonly #children: ChildProcess[] = []
  readonly #ready = new Set<string>()
  readonly #drops = new Map<string, number>()
  #broken: Error | undefined
  #stopping = false

  constructor(options: ProbeOptions) {
    this.#options = options
    this.#tracks = options.flows.map(() => new FlowTrack())
  }

  startReceiver(lab: ProbedNodes, host: string): void {
    const flows = this.#options.flows.map((flow, id) => ({ ...flow, id })).filter((flow) => flow.to === host)
    this.#start(lab, host, 'receiver.mjs', { flows }, (report) => {
      if ('ready' in report) this.#ready.add(host)
      if (!('runs' in report)) return
      for (const { flow, ...run } of report.runs) this.#tracks[flow]?.addRun(run)
      for (const [flow] of report.late) this.#tracks[flow]?.addLate()
      for (const { id } of flows) this.#tracks[id]?.settle(report.watermark)
      this.#drops.set(host, report.drops)
    })
  }

  startSender(lab: ProbedNodes): void {
    const flows = this.#options.flows.map(({ to, family, port, hz = DEFAULT_HZ, sourcePort }, id) => {
      return { id, family, address: lab.addressOf(to, family), port, hz, sourcePort }
    })
    this.#start(lab, this.#options.from ?? 'attacker', 'sender.mjs', { flows }, (report) => {
      if (!('sent' in report)) return
      for (const [flow, seq, sentAt, pauseMs] of report.sent)
        this.#tracks[flow]?.addSent({ seq, sentAt }, pauseMs)
    })
  }

  allReady(): boolean {
    return this.#options.flows.every((flow) => this.#ready.has(flow.to))
  }

  allFlowing(): boolean {
    return this.#tracks.every((track) => track.last !== undefined)
  }

  /** When the newest neighbour's packet that came through was sent: until then, the way was open. */
  passableUntil(): number {
    const neighbours = this.#options.neighbours ?? []
    if (neighbours.length === 0) return Number.POSITIVE_INFINITY
    return Math.max(...neighbours.map((flow) => this.track(flow).last?.sentAt ?? 0))
  }

  track(flow: string): FlowTrack {
    const track = this.#tracks[this.#options.flows.findIndex((one) => one.name === flow)]
    if (track) return track
    throw new RangeError(`the probe has no flow "${flow}"`)
  }

  gaps(flow: string): FlowGaps {
    const host = this.#options.flows.find((one) => one.name === flow)?.to ?? ''
    return { flow, ...this.track(flow).gaps(), droppedByReceiver: this.#drops.get(host) ?? 0 }
  }

  until<T>(what: string, deadlineMs: number, ask: () => T): Promise<Exclude<T, undefined | false>> {
    return eventually(
      what,
      deadlineMs,
      () => {
        if (this.#broken) throw this.#broken
        if (this.#stopping) throw new Error(`the probe was stopped while waiting for ${what}`)
        return ask()
      },
      2,
    ) as Promise<Exclude<T, undefined | false>>
  }

  async stop(): Promise<void> {
    this.#stopping = true
    await Promise.all(this.#children.map(endChild))
  }

  #start(
    lab: ProbedNodes,
    node: string,
    script: string,
    config: unknown,
    hear: (report: Report) => void,
  ): void {
    const path = join(import.meta.dirname, script)
    const child = lab.spawnIn(node, [process.execPath, path, JSON.stringify(config)], { stdio: 'pipe' })
    this.#children.push(child)
    let complaint = ''
    child.stderr?.on('data', (bytes: Buffer) => {
      complaint += bytes.toString()
    })
    child.on('error', (error) => {
      this.#broken ??= error
    })
    child.on('close', (code) => {
      if (!this.#stopping)
        this.#broken ??= new Error(`${script} on ${node} ended (${code}): ${complaint.trim()}`)
    })
    if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => this.#hear(line, hear))
  }

  #hear(line: string, hear: (report: Report) => void): void {
    try {
      hear(parseReport(line))
    } catch (error) {
      this.#broken ??= error instanceof Error ? error : new Error(String(error))
    }
  }
}

async function endChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  await new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.stdin?.on('error', () => undefined)
    child.stdin?.end()
  })
}
