import { type Clock, sleep } from '../../src/domain/clock.ts'
import type { EntryRule } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'
import { bisect } from '../configured/bisect.ts'
import type { ConfiguredDevice, EntryChange, Listing, Refusals } from '../configured/device.ts'
import { type Complaint, complaintIn } from '../transport/shell/platform.ts'
import type { Shell } from '../transport/shell/shell.ts'
import { Unanswered } from '../transport/unanswered.ts'
import { lookDeadlineMs } from './deadlines.ts'
import type { CliDriver, Look, Way } from './driver.ts'
import { answersIfAny, answersTo } from './looking.ts'
import { type Status, save } from './saving.ts'
import { Typing } from './typing.ts'

interface Options {
  readonly shell: Shell
  readonly driver: CliDriver
  readonly clock: Clock
  /** Interfaces where packets are to meet our containers. */
  readonly filterOn: readonly string[]
  /** How a change is kept for a restart at once; undefined when it is not. */
  readonly save: Way['save']
}

/** Between looks at what was just written: a device may take a moment from its configuration to its effect. */
const SETTLING_MS: readonly number[] = [10, 20, 40, 80, 150, 300, 600, 1_000]

/** Our containers on a router with a command line, in the terms of one kind of it. */
export class SshCliDevice implements ConfiguredDevice {
  readonly #options: Options
  #standing = 0
  #hasWritten = false
  /** What the log has said since the last line was typed that is about what was typed. */
  #alarm: Complaint | undefined
  #tell: (status: Status) => void = () => {}

  constructor(options: Options) {
    this.#options = options
    const { shell, driver } = options
    shell.onNotice((line) => this.#noticed(complaintIn([line], driver.platform.alarms)))
  }

  /** Only one. */
  onStatus(listener: (status: Status) => void): void {
    this.#tell = listener
  }

  async read(_what: 'all' | readonly EntryRule[], signal: AbortSignal): Promise<Listing> {
    let { listing } = await this.#look(signal)
    if (this.#hasWritten)
      for (const ms of SETTLING_MS) {
        if ((listing.unsettled?.size ?? 0) === 0) break
        await sleep(this.#options.clock, ms, signal)
        ;({ listing } = await this.#look(signal))
      }
    this.#hasWritten = false
    this.#standing = listing.rules.size
    return listing
  }

  async write(change: EntryChange, standing: number, signal: AbortSignal): Promise<Refusals> {
    const { shell, driver, save: saving } = this.#options
    const typing = new Typing(shell, driver, standing, signal)
    const refusals = new Map<string, AdapterError>()
    let first: Look | undefined = await this.#look(signal)
    this.#hasWritten = true
    try {
      const full = await bisect(change, async (part) => {
        const look = first ?? (await this.#look(signal))
        first = undefined
        await this.#transact(part, look, typing, refusals)
      })
      if (saving !== undefined && typing.hasTyped) this.#tell(await save(shell, saving, signal))
      return new Map([...refusals, ...full])
    } catch (error) {
      // What came before may have counted already.
      if (error instanceof AdapterError && !(error instanceof Unanswered) && typing.hasTyped)
        throw new Unanswered(error.class, error.message, error.code)
      throw error
    }
  }

  whyUnsupported(rule: EntryRule): string | undefined {
    return this.#options.driver.whyUnsupported(rule)
  }

  /** @throws AdapterError `capacity` when the device says that it has no room for what it took; it is taken back then */
  async #transact(
    part: EntryChange,
    look: Look,
    typing: Typing,
    refusals: Map<string, AdapterError>,
  ): Promise<void> {
    const plan = look.plan(part)
    for (const [key, error] of plan.refusals) refusals.set(key, error)
    this.#alarm = undefined
    for (const [key, error] of await typing.run(plan)) refusals.set(key, error)
    const alarm = this.#heard()
    if (alarm === undefined || part.put.length === 0) return
    const after = await this.#look(typing.signal)
    const taken = part.put.filter(({ key }) => after.listing.rules.has(key))
    await typing.run(after.plan({ put: [], remove: taken }))
    this.#tell({ type: 'status', code: 'hardware', ok: true, words: 'what it had no room for is gone again' })
    throw new AdapterError(alarm.class, alarm.words)
  }

  #heard(): Complaint | undefined {
    return this.#alarm
  }

  #noticed(alarm: Complaint | undefined): void {
    if (alarm === undefined) return
    this.#alarm = alarm
    this.#tell({ type: 'status', code: 'hardware', ok: false, words: alarm.words })
  }

  /** @throws AdapterError, and never Unanswered */
  async #look(signal: AbortSignal): Promise<Look> {
    const { shell, driver, filterOn } = this.#options
    const limits = { withinMs: lookDeadlineMs(this.#standing), signal }
    const answers = await answersTo(driver.looks, shell, driver, limits)
    const places = await answersIfAny(driver.placeLooks?.(filterOn) ?? [], shell, driver, limits)
    return driver.read([...answers, ...places], filterOn)
  }
}
