import { prefixFamily } from '../../src/domain/prefix.ts'
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
import { isRunning, killProcess, type ProcessId, waitForEnd } from '../transport/process.ts'
import { admit } from './admit.ts'
import { communityNumber } from './community.ts'
import { answerDeadline, type ExabgpConfig, heartbeatOf } from './config.ts'
import { FlowActions } from './flow-action.ts'
import { FlowSlots, type FlowStep } from './flow-slots.ts'
import { familyTakers, flowSelector, type Group, makeGroups, reaches, type Selector } from './groups.ts'
import type { Link } from './link.ts'
import { outcomeOf } from './outcome.ts'
import { Peers } from './peers.ts'
import { Reader } from './reader.ts'
import { announceLine, withdrawLine } from './render.ts'
import type { SlotChange, Step } from './slots.ts'
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
  readonly #groups: readonly Group[]
  readonly #selectFlow: Selector
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
    const begun = env.clock.monotonic()
    const seed = Math.trunc(env.clock.now())
    this.#groups = makeGroups(config, begun, seed, parts.adopted)
    this.#selectFlow = flowSelector(config)
    const actions = new FlowActions(config)
    this.#flows = new FlowSlots(actions, [communityNumber(config.marking)], seed, begun, parts.adopted)
    this.#unheard = [...parts.news]
    this.#settled = link.hello.settled && link.hello.complete
    this.#peers = new Peers(config, env.clock, (status) => this.#emit(status))
    const request: Link['request'] = (...parts) => this.#request(...parts)
    const held = { groups: this.#groups, flows: this.#flows, actions }
    this.#reader = new Reader(request, held, this.#within, link.hello.complete)
    this.#watchdog = new Watchdog(link, env.clock, this.#within, heartbeatOf(config), () => this.#hung())
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
    const told = { groups: this.#groups, flows: this.#flows }
    const { blackholes, flows } = admit(change, this.#parts.config, told, receipt)
    const now = this.#parts.env.clock.monotonic()
    const outcomes = new Map<string, Outcome>()
    const works = this.#groups.map((group) => new Work(group, blackholes))
    const work = [
      ...works.flatMap(({ group, change, outcomes }) =>
        group.slots.plan(change, now).map((step) => this.#run(group, step, outcomes)),
      ),
      ...this.#flows.plan(flows.put, flows.remove, now).map((step) => this.#runFlow(step, outcomes)),
    ]
    await untilAborted(Promise.all(work), signal, () => undefined)
    for (const rule of [...blackholes.put, ...blackholes.remove])
      receipt.set(
        rule.key,
        worstOf(works.flatMap((one) => (reaches(one.group, rule) ? [one.outcomes.get(rule.prefix)] : []))),
      )
    for (const { key } of [...flows.put, ...flows.remove]) receipt.set(key, worstOf([outcomes.get(key)]))
    return receipt
  }

  async #runFlow(
    { rule, tag, line, before, after }: FlowStep,
    outcomes: Map<string, Outcome>,
  ): Promise<void> {
    const selector = this.#selectFlow(rule.match.family) ?? ''
    const reply = await this.#request('c', `${tag} ${selector}${line}`, this.#within)
    outcomes.set(rule.key, outcomeOf(reply, this.#over))
    const stands = this.#flows.get(rule.key) === after
    if ((reply === 'error' || reply === 'refused') && stands) this.#flows.set(rule.key, before)
    if (reply === 'lost') this.#resync('the speaker gave no answer to a command')
  }

  async #run(group: Group, step: Step, outcomes: Map<string, Outcome>): Promise<void> {
    const { slot, prefixes } = step
    const { slots, encoder } = group
    const line =
      slot === undefined
        ? withdrawLine(encoder, slots.nextOrder(), prefixes)
        : announceLine(slot.attributes, prefixes)
    const tag = group.name === '' ? (slot?.tag ?? '-') : `${group.name}!${slot?.tag ?? '-'}`
    const selector = prefixes[0] === undefined ? '' : group.selector(prefixFamily(prefixes[0]))
    const reply = await this.#request('c', `${tag} ${selector ?? ''}${line}`, this.#within)
    if (reply === 'error' && prefixes.length > 1) {
      await Promise.all(halves(step).map((half) => this.#again(group, half, outcomes)))
      return
    }
    for (const [index, prefix] of prefixes.entries()) {
      outcomes.set(prefix, outcomeOf(reply, this.#over))
      const stands = slots.get(prefix) === slot
      if ((reply === 'error' || reply === 'refused') && stands) slots.set(prefix, step.before[index])
    }
    if (reply === 'lost') this.#resync('the speaker gave no answer to a command')
  }

  /** Half of a refused command, without the slots that a later change has taken over since. */
  async #again(group: Group, half: Step, outcomes: Map<string, Outcome>): Promise<void> {
    const { slot } = half
    const step: Step = { slot, prefixes: [], before: [] }
    for (const [index, prefix] of half.prefixes.entries()) {
      if (group.slots.get(prefix) === slot) {
        step.prefixes.push(prefix)
        step.before.push(half.before[index])
      } else
        outcomes.set(prefix, { result: 'unknown', words: 'another change of the same route overtook it' })
    }
    if (step.prefixes.length > 0) await this.#run(group, step, outcomes)
  }

  /** The engine has announced all that should stand: routers may drop what they kept from before. */
  async settled(): Promise<void> {
    if (this.#settled) return
    this.#mustBeOpen()
    const takers = familyTakers(this.#parts.config)
    const reply = await this.#request('e', takers.join(' '), this.#within)
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
    // Routers keep its routes from the end of its connections on, but not beyond the hold time.
    killProcess(this.#parts.speaker)
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

/** What of a change goes to one group, and what became of it by prefix. */
class Work {
  readonly group: Group
  readonly change: SlotChange
  readonly outcomes = new Map<string, Outcome>()

  constructor(group: Group, { put, remove }: SlotChange) {
    this.group = group
    this.change = {
      put: put.filter((rule) => reaches(group, rule)),
      remove: remove.filter((rule) => reaches(group, rule)),
    }
  }
}

const GIVEN_UP: Outcome = { result: 'unknown', words: 'it was given up' }

/** A rule is done when every group was told; what is not known of one is not known. */
function worstOf(outcomes: readonly (Outcome | undefined)[]): Outcome {
  const all = outcomes.length === 0 ? [GIVEN_UP] : outcomes.map((outcome) => outcome ?? GIVEN_UP)
  return (
    all.find(({ result }) => result === 'unknown') ??
    all.find(({ result }) => result === 'failed') ??
    all[0] ??
    GIVEN_UP
  )
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
