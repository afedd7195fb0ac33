import { type Clock, sleep } from '../../src/domain/clock.ts'
import type { SwitchRule } from '../../src/domain/rule.ts'
import { AdapterError, type DeviceChange } from '../adapter.ts'
import type { Marks, Panel, Position, Sight } from '../switching/panel.ts'
import { isRefusal } from '../switching/switches.ts'
import type { Lock } from './config.ts'
import type { Directory } from './directory.ts'
import type { Entry } from './entry.ts'
import { freshMark, type Mark, markText, readMark } from './mark.ts'
import type { Replicas } from './replicas.ts'
import type { Look } from './way.ts'
import { attributesOf, wayOf } from './ways.ts'

/** How long replicas that are behind are waited for. */
const SETTLES_WITHIN_MS = 2_000
const LOOK_AGAIN_MS = 50

export interface PanelOptions {
  readonly directory: Directory
  readonly lock: Lock
  readonly replicas: Replicas
  readonly clock: Clock
  readonly tell: (change: Extract<DeviceChange, { type: 'resync' }>) => void
}

/** The accounts of a directory, of which each is locked, or is not. */
export class DirectoryPanel implements Panel {
  readonly #directory: Directory
  readonly #lock: Lock
  readonly #replicas: Replicas
  readonly #clock: Clock
  readonly #tell: PanelOptions['tell']
  readonly #renamed = new Set<string>()

  constructor({ directory, lock, replicas, clock, tell }: PanelOptions) {
    this.#directory = directory
    this.#lock = lock
    this.#replicas = replicas
    this.#clock = clock
    this.#tell = tell
  }

  async read(
    rules: readonly SwitchRule[],
    signal: AbortSignal,
    marks: Marks,
  ): Promise<ReadonlyMap<string, Sight>> {
    const limit = this.#clock.monotonic() + SETTLES_WITHIN_MS
    for (;;) {
      const { sights, behind } = await this.#confirmed(await this.#sights(rules, signal, marks), signal)
      if (!behind || this.#clock.monotonic() >= limit) return sights
      await sleep(this.#clock, LOOK_AGAIN_MS, signal)
    }
  }

  async turn({ name }: SwitchRule, to: Position, signal: AbortSignal, mark: string | undefined): Promise<void> {
    if (mark === undefined)
      throw new AdapterError('rejected', `nothing is remembered of the entry of ${name}`, 'bad-memo')
    await wayOf(this.#directory, readMark(mark)).turn(to, signal)
  }

  /** Where each stands on the server that takes writes. */
  async #sights(
    rules: readonly SwitchRule[],
    signal: AbortSignal,
    marks: Marks,
  ): Promise<ReadonlyMap<string, Sight>> {
    const remembered = new Map([...marks].map(([key, text]) => [key, readMark(text)] as const))
    const entries = await this.#entries([...remembered.values()], signal)
    const sights = new Map<string, Sight>()
    for (const { key, name } of rules) {
      const mark = remembered.get(key)
      const sight =
        mark === undefined
          ? await this.#unknown(name, signal)
          : await this.#known(name, mark, entries.get(mark.id), signal)
      this.#notice(key, sight)
      sights.set(key, sight)
    }
    return sights
  }

  #entries(marks: readonly Mark[], signal: AbortSignal): Promise<ReadonlyMap<string, Entry>> {
    const attributes = [...new Set(marks.flatMap(attributesOf))]
    const ids = marks.map(({ id }) => id)
    return this.#directory.byIds(ids, attributes, signal)
  }

  async #unknown(account: string, signal: AbortSignal): Promise<Sight> {
    const found = await this.#directory.find(account, attributesOf(this.#lock), signal)
    if ('absent' in found) return found
    const mark = freshMark(this.#lock, found.id, found.entry)
    const look = await this.#look(mark, found.entry, signal)
    // What may not be seen is said when it is to be turned, as only then there is somebody to hear it.
    return sightOf(look === undefined || look === 'hidden' ? { at: 'up', mark } : look)
  }

  async #known(account: string, mark: Mark, entry: Entry | undefined, signal: AbortSignal): Promise<Sight> {
    const look = await this.#look(mark, entry, signal)
    if (look === undefined) return { absent: `no such account any more: ${account}` }
    return sightOf(look === 'hidden' ? { at: 'moving', mark } : look)
  }

  /** One that may not be seen keeps nobody from seeing the others. */
  async #look(mark: Mark, entry: Entry | undefined, signal: AbortSignal): Promise<Look | 'hidden' | undefined> {
    try {
      return await wayOf(this.#directory, mark).look(entry, signal)
    } catch (error) {
      if (isRefusal(error)) return 'hidden'
      throw error
    }
  }

  /** A group that has an account by its old name lets it in: it is put down anew. */
  #notice(key: string, sight: Sight): void {
    const isMoving = typeof sight === 'object' && 'at' in sight && sight.at === 'moving'
    if (!isMoving) return void this.#renamed.delete(key)
    if (this.#renamed.has(key)) return
    this.#renamed.add(key)
    this.#tell({ type: 'resync', words: 'a locked account has another name, or may not be seen any more' })
  }

  /** What is down counts as such once the replicas show it, too. What is up was unlocked, wherever that is known yet. */
  async #confirmed(
    sights: ReadonlyMap<string, Sight>,
    signal: AbortSignal,
  ): Promise<{ readonly sights: ReadonlyMap<string, Sight>; readonly behind: boolean }> {
    const down = new Map<string, string>()
    for (const [key, sight] of sights)
      if (typeof sight === 'object' && 'at' in sight && sight.at === 'down') down.set(key, sight.mark)
    const marks = new Map([...down].map(([key, text]) => [key, readMark(text)] as const))
    const { shown, behind } = await this.#replicas.showing(marks, signal)
    const withReplicas = [...sights].map(([key, sight]): [string, Sight] => {
      const mark = down.get(key)
      return [key, mark === undefined || shown.has(key) ? sight : { at: 'moving', mark }]
    })
    return { sights: new Map(withReplicas), behind }
  }
}

function sightOf({ at, mark }: Look): Sight {
  return { at, mark: markText(mark) }
}
