import { type Clock, sleep } from '../../src/domain/clock.ts'
import type { SwitchRule } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'
import {
  type Absent,
  isAbsent,
  type Marks,
  type Panel,
  type Position,
  type Sight,
} from '../switching/panel.ts'
import { isRefusal } from '../switching/switches.ts'
import type { Lock } from './config.ts'
import type { Directory } from './directory.ts'
import type { Entry } from './entry.ts'
import { freshMark, type Mark, markText, readMark } from './mark.ts'
import type { Replicas } from './replicas.ts'
import type { Look } from './way.ts'
import { attributesOf, wayOf } from './ways.ts'

/** How long a directory that is catching up is waited for. */
const SETTLES_WITHIN_MS = 2_000
const LOOK_AGAIN_MS = 50

export interface PanelOptions {
  readonly directory: Directory
  readonly lock: Lock
  readonly replicas: Replicas
  readonly clock: Clock
}

/** The accounts of a directory, of which each is locked, or is not. */
export class DirectoryPanel implements Panel {
  readonly #directory: Directory
  readonly #lock: Lock
  readonly #replicas: Replicas
  readonly #clock: Clock
  /** Keys of what was locked here and has not been seen on every replica yet. */
  readonly #unconfirmed = new Set<string>()

  constructor({ directory, lock, replicas, clock }: PanelOptions) {
    this.#directory = directory
    this.#lock = lock
    this.#replicas = replicas
    this.#clock = clock
  }

  async read(
    rules: readonly SwitchRule[],
    signal: AbortSignal,
    marks: Marks,
  ): Promise<ReadonlyMap<string, Sight>> {
    const limit = this.#clock.monotonic() + SETTLES_WITHIN_MS
    for (;;) {
      const looks = await this.#looks(rules, signal, marks)
      const isBehind = await this.#confirm(looks, signal)
      const isSettling =
        isBehind || [...looks.values()].some((look) => !isAbsent(look) && look.at === 'moving')
      if (!isSettling || this.#clock.monotonic() >= limit)
        return new Map([...looks].map(([key, look]) => [key, this.#sightOf(key, look)]))
      await sleep(this.#clock, LOOK_AGAIN_MS, signal)
    }
  }

  async turn(
    { key, name }: SwitchRule,
    to: Position,
    signal: AbortSignal,
    mark: string | undefined,
  ): Promise<void> {
    if (mark === undefined)
      throw new AdapterError('rejected', `nothing is remembered of the entry of ${name}`, 'bad-memo')
    if (to === 'down') this.#unconfirmed.add(key)
    await wayOf(this.#directory, readMark(mark)).turn(to, signal)
  }

  /** Where each stands on the server that takes writes. */
  async #looks(
    rules: readonly SwitchRule[],
    signal: AbortSignal,
    marks: Marks,
  ): Promise<ReadonlyMap<string, Look | Absent>> {
    const remembered = new Map([...marks].map(([key, text]) => [key, readMark(text)] as const))
    const entries = await this.#entries([...remembered.values()], signal)
    const looks = new Map<string, Look | Absent>()
    for (const { key, name } of rules) {
      const mark = remembered.get(key)
      const look =
        mark === undefined
          ? await this.#unknown(name, signal)
          : await this.#look(name, mark, entries.get(mark.id), signal)
      looks.set(key, look)
    }
    return looks
  }

  #entries(marks: readonly Mark[], signal: AbortSignal): Promise<ReadonlyMap<string, Entry>> {
    const attributes = [...new Set(marks.flatMap(attributesOf))]
    const ids = marks.map(({ id }) => id)
    return this.#directory.byIds(ids, attributes, signal)
  }

  async #unknown(account: string, signal: AbortSignal): Promise<Look | Absent> {
    const found = await this.#directory.find(account, attributesOf(this.#lock), signal)
    if ('absent' in found) return found
    const mark = freshMark(this.#lock, found.id, found.entry)
    try {
      return await this.#look(account, mark, found.entry, signal)
    } catch (error) {
      // One that is not for us to see keeps nobody from the others.
      if (isRefusal(error)) return { absent: error.message, class: error.class }
      throw error
    }
  }

  /** @throws AdapterError also when it is not for us to see: one that we had locked is not known to be unlocked then */
  async #look(
    account: string,
    mark: Mark,
    entry: Entry | undefined,
    signal: AbortSignal,
  ): Promise<Look | Absent> {
    const look = await wayOf(this.#directory, mark).look(entry, signal)
    return look ?? { absent: `the account that was ${account} is not in the directory any more` }
  }

  /**
   * What was locked here counts as such once every replica shows it. From then on this server alone is believed: what is
   * unlocked here was unlocked, also while a replica is away. @returns whether a replica only needs time
   */
  async #confirm(looks: ReadonlyMap<string, Look | Absent>, signal: AbortSignal): Promise<boolean> {
    const locked = new Map<string, Mark>()
    for (const [key, look] of looks) {
      if (!this.#unconfirmed.has(key)) continue
      if (isAbsent(look) || look.at !== 'down') this.#unconfirmed.delete(key)
      else locked.set(key, look.mark)
    }
    const { shown, behind } = await this.#replicas.showing(locked, signal)
    for (const key of shown) this.#unconfirmed.delete(key)
    return behind
  }

  #sightOf(key: string, look: Look | Absent): Sight {
    if (isAbsent(look)) return look
    const { at } = look
    const mark = markText(look.mark)
    if (at === 'down' && this.#unconfirmed.has(key)) return { at: 'moving', mark }
    // A group that has not followed its member by now does not follow.
    return { at: at === 'moving' ? 'up' : at, mark }
  }
}
