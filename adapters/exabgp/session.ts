import type { Rule } from '../../src/domain/rule.ts'
import {
  type AdapterEnv,
  AdapterError,
  type Change,
  type DeviceChange,
  type Observed,
  type Outcome,
  type Receipt,
  type Session,
} from '../adapter.ts'
import { isRunning, type ProcessId, waitForEnd } from '../transport/process.ts'
import { admit } from './admit.ts'
import { answerDeadline, commonFamilies, type ExabgpConfig } from './config.ts'
import { FlowActions } from './flow-action.ts'
import { FlowSlots, type FlowStep } from './flow-slots.ts'
import type { Link } from './link.ts'
import { outcomeOf } from './outcome.ts'
import { Peers } from './peers.ts'
import { Reader } from './reader.ts'
import { announceLine, Encoder, withdrawLine } from './render.ts'
import { Slots, type Step } from './slots.ts'
import { Watchdog } from './watchdog.ts'

export interface SessionParts {
  readonly config: ExabgpConfig
  readonly env: AdapterEnv
  readonly link: Link
  readonly speaker: ProcessId
  readonly adopted: boolean
  /** Said once there is a listener. */
  readonly news: readonly DeviceChange[]
  readonly release: () => Promise<void>
}

export class ExabgpSession implements Session {
  readonly #parts: SessionParts
  readonly #link: Link
  readonly #encoder: Encoder
  readonly #slots: Slots
  readonly #flows: FlowSlots
  readonly #reader: Reader
  readonly #peers: Peers
  readonly #watchdog: Watchdog
  readonly #within: number
  #listener: ((change: DeviceChange) => void) | undefined
  #unheard: DeviceChange[]
  #settled: boolean
  #resyncing = false
  #over: string | undefined
  #closed = false

  constructor(parts: SessionParts) {
    const { config, env, link } = parts
    this.#parts = parts
    this.#link = link
    this.#within = answerDeadline(config)
    this.#encoder = new Encoder(config)
    this.#slots = new Slots(this.#encoder, env.clock.monotonic(), Math.trunc(env.clock.now()), parts.adopted)
    const actions = new FlowActions(config)
    this.#flows = new FlowSlots(
      actions,
      this.#encoder.communitiesOf([]),
      () => this.#slots.nextOrder(),
      env.clock.monotonic(),
      parts.adopted,
    )
    this.#unheard = [...parts.news]
    this.#settled = link.hello.settled && link.hello.complete
    this.#peers = new Peers(config, env.clock, (status) => this.#emit(status))
    const request: Link['request'] = (...parts) => this.#request(...parts)
    const held = { slots: this.#slots, flows: this.#flows, actions }
    this.#reader = new Reader(request, this.#encoder, held, this.#within, link.hello.complete)
    this.#watchdog = new Watchdog(link, env.clock, this.#within, () => this.#hung())
    for (const [address, peer] of Object.entries(link.hello.neighbours))
      this.#peers.take({ address, ...peer })
    link.listen({
      peer: (event) => this.#peers.take(event),
      surplus: () => this.#resync('the speaker answered more than it was asked'),
      closed: () => void this.#cut(),
    })
  }

  /** Reads what an earlier controller left. */
  load(): Promise<void> {
    return this.#reader.load()
  }

  onChange(listener: (change: DeviceChange) => void): void {
    this.#listener = listener
    for (const change of this.#unheard.splice(0)) listener(change)
  }

  async observe(what: 'all' | readonly Rule[], signal: AbortSignal): Promise<Observed> {
    this.#mustBeOpen(signal)
    const reading = what === 'all' ? this.#reader.all() : this.#reader.some(what)
    return untilAborted(reading, signal, () => {
      throw new AdapterError('timeout', 'the reading was given up', 'aborted')
    })
  }

  async apply(change: Change, signal: AbortSignal): Promise<Receipt> {
    this.#mustBeOpen(signal)
    const receipt = new Map<string, Outcome>()
    const held = { slots: this.#slots, flows: this.#flows }
    const { blackholes, flows } = admit(change, this.#parts.config, held, receipt)
    const now = this.#parts.env.clock.monotonic()
    const outcomes = new Map<string, Outcome>()
    const work = [
      ...this.#slots.plan(blackholes, now).map((step) => this.#run(step, outcomes)),
      ...this.#flows.plan(flows.put, flows.remove, now).map((step) => this.#runFlow(step, outcomes)),
    ]
    await untilAborted(Promise.all(work), signal, () => undefined)
    const givenUp: Outcome = { result: 'unknown', words: 'it was given up' }
    for (const rule of [...blackholes.put, ...blackholes.remove])
      receipt.set(rule.key, outcomes.get(rule.prefix) ?? givenUp)
    for (const { key } of [...flows.put, ...flows.remove]) receipt.set(key, outcomes.get(key) ?? givenUp)
    return receipt
  }

  async #runFlow(
    { rule, tag, line, before, after }: FlowStep,
    outcomes: Map<string, Outcome>,
  ): Promise<void> {
    const reply = await this.#request('c', `${tag} ${line}`, this.#within)
    outcomes.set(rule.key, outcomeOf(reply, this.#over))
    const stands = this.#flows.get(rule.key) === after
    if ((reply === 'error' || reply === 'refused') && stands) this.#flows.set(rule.key, before)
    if (reply === 'lost') this.#resync('the speaker gave no answer to a command')
  }

  async #run(step: Step, outcomes: Map<string, Outcome>): Promise<void> {
    const { slot, prefixes } = step
    const line =
      slot === undefined
        ? withdrawLine(this.#parts.config, this.#slots.nextOrder(), prefixes)
        : announceLine(slot.attributes, prefixes)
    const reply = await this.#request('c', `${slot?.tag ?? '-'} ${line}`, this.#within)
    if (reply === 'error' && prefixes.length > 1) {
      await Promise.all(halves(step).map((half) => this.#again(half, outcomes)))
      return
    }
    for (const [index, prefix] of prefixes.entries()) {
      outcomes.set(prefix, outcomeOf(reply, this.#over))
      const stands = this.#slots.get(prefix) === slot
      if ((reply === 'error' || reply === 'refused') && stands) this.#slots.set(prefix, step.before[index])
    }
    if (reply === 'lost') this.#resync('the speaker gave no answer to a command')
  }

  /** Half of a refused command, without the slots that a later change has taken over since. */
  async #again(half: Step, outcomes: Map<string, Outcome>): Promise<void> {
    const { slot } = half
    const step: Step = { slot, prefixes: [], before: [] }
    for (const [index, prefix] of half.prefixes.entries()) {
      if (this.#slots.get(prefix) === slot) {
        step.prefixes.push(prefix)
        step.before.push(half.before[index])
      } else
        outcomes.set(prefix, { result: 'unknown', words: 'another change of the same route overtook it' })
    }
    if (step.prefixes.length > 0) await this.#run(step, outcomes)
  }

  /** The engine has announced all that should stand: routers may drop what they kept from before. */
  async settled(): Promise<void> {
    if (this.#settled) return
    this.#mustBeOpen()
    const families = commonFamilies(this.#parts.config).map((family) => family.replace(' ', '/'))
    const reply = await this.#request('e', families.join(' '), this.#within)
    if (reply !== 'done')
      throw new AdapterError('unreachable', this.#over ?? 'the speaker did not send End-of-RIB')
    this.#settled = true
    this.#reader.complete = true
  }

  async close(): Promise<void> {
    this.#over ??= 'the session is closed'
    this.#closed = true
    this.#end()
    await this.#parts.release()
  }

  #request(...request: Parameters<Link['request']>): ReturnType<Link['request']> {
    const reply = this.#link.request(...request)
    this.#watchdog.watch()
    return reply
  }

  #mustBeOpen(signal?: AbortSignal): void {
    if (signal?.aborted === true)
      throw new AdapterError('timeout', 'it was given up before it began', 'aborted')
    if (this.#over !== undefined) throw new AdapterError('unreachable', this.#over)
  }

  #emit(change: DeviceChange): void {
    if (this.#listener === undefined) this.#unheard.push(change)
    else this.#listener(change)
  }

  /** Several lost commands are one reason to read again. */
  #resync(words: string): void {
    if (this.#resyncing) return
    this.#resyncing = true
    queueMicrotask(() => {
      this.#resyncing = false
      this.#parts.env.log.warn({ device: this.#parts.env.device }, 'ExaBGP left a command without an answer')
      this.#emit({ type: 'resync', words })
    })
  }

  #hung(): void {
    if (this.#over !== undefined) return
    const words = `ExaBGP (process ${this.#parts.speaker.pid}) runs but does not answer`
    this.#fail('speaker-hung', 'timeout', words)
  }

  /** The bridge is gone. When ExaBGP was killed, its bridge may be seen to end first. */
  async #cut(): Promise<void> {
    if (this.#over !== undefined) return
    const { speaker, env } = this.#parts
    this.#over = 'the connection to the speaker has ended'
    const ended = await waitForEnd(speaker, 300, env.clock)
    if (ended || !isRunning(speaker)) this.#fail('speaker-down', 'unreachable', 'ExaBGP has ended')
    else
      this.#fail(
        'helper-down',
        'unreachable',
        "ExaBGP runs on, but its helper has ended; ExaBGP's memory is asked",
      )
  }

  #fail(code: string, errorClass: 'timeout' | 'unreachable', words: string): void {
    if (this.#closed) return
    this.#over = words
    this.#end()
    this.#parts.env.log.warn({ device: this.#parts.env.device, code }, 'the session with ExaBGP is over')
    this.#emit({ type: 'status', code, ok: false, words })
    this.#emit({ type: 'down', class: errorClass, words })
  }

  #end(): void {
    this.#peers.close()
    this.#watchdog.close()
    this.#link.close()
  }
}

function halves(step: Step): Step[] {
  const middle = Math.ceil(step.prefixes.length / 2)
  return [
    { slot: step.slot, prefixes: step.prefixes.slice(0, middle), before: step.before.slice(0, middle) },
    { slot: step.slot, prefixes: step.prefixes.slice(middle), before: step.before.slice(middle) },
  ]
}

function untilAborted<T, A>(work: Promise<T>, signal: AbortSignal, aborted: () => A): Promise<T | A> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      try {
        resolve(aborted())
      } catch (error) {
        reject(error as Error)
      }
    }
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
