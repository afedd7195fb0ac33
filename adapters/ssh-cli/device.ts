import { type Clock, sleep } from '../../src/domain/clock.ts'
import type { EntryRule } from '../../src/domain/rule.ts'
import { AdapterError, type DeviceChange } from '../adapter.ts'
import { bisect } from '../configured/bisect.ts'
import type { ConfiguredDevice, EntryChange, Listing, Refusals } from '../configured/device.ts'
import { type Complaint, complaintIn } from '../transport/shell/platform.ts'
import type { Shell } from '../transport/shell/shell.ts'
import { Unanswered } from '../transport/unanswered.ts'
import { lookDeadlineMs, SAVE_WITHIN_MS } from './deadlines.ts'
import type { CliDriver, Look } from './driver.ts'
import { Typing } from './typing.ts'

type Status = Extract<DeviceChange, { type: 'status' }>

interface Options {
  readonly shell: Shell
  readonly driver: CliDriver
  readonly clock: Clock
  /** Whether a change is kept for a restart at once. */
  readonly save: boolean
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
    const { shell, driver } = this.#options
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
      if (this.#options.save && typing.hasTyped) await this.#save(signal)
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

  /** @throws AdapterError, and never Unanswered, as nothing is changed by looking */
  async #look(signal: AbortSignal): Promise<Look> {
    const { shell, driver } = this.#options
    const limits = { withinMs: lookDeadlineMs(this.#standing), signal }
    const answers: (readonly string[])[] = []
    try {
      for (const line of driver.looks) answers.push((await shell.ask(line, limits)).lines)
    } catch (error) {
      if (error instanceof Unanswered) throw new AdapterError(error.class, error.message, error.code)
      throw error
    }
    const refused = complaintIn(answers.flat(), driver.platform.errors)
    if (refused !== undefined) throw new AdapterError(refused.class, refused.words, 'look-refused')
    return driver.read(answers)
  }

  /** What is not kept counts all the same, until the device restarts: so it is shown, and no rule fails for it. */
  async #save(signal: AbortSignal): Promise<void> {
    const { shell, driver } = this.#options
    if (driver.way.save === undefined) return
    const { line, done } = driver.way.save
    const { lines } = await shell.ask(line, { withinMs: SAVE_WITHIN_MS, signal })
    const ok = lines.some((one) => done.test(one))
    const words = ok ? 'the configuration is kept for a restart' : `'${line}' says: ${lines.join(' ').trim()}`
    this.#tell({ type: 'status', code: 'saved', ok, words: words.slice(0, 300) })
  }
}
