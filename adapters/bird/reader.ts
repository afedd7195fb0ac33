import { type Family, prefixFamily } from '../../src/domain/prefix.ts'
import { Control } from '../transport/bird-control.ts'
import type { Watched } from '../witnessing/expectations.ts'
import type { Reader, See } from '../witnessing/looking.ts'
import { allBlackholed, isBlackholed, type Tables } from './routes.ts'

/** Above this many at a time, one listing costs BIRD less than single questions. */
const MANY = 200

/** Looks into a BIRD's tables over its control socket. */
export class BirdReader implements Reader {
  readonly #control: Control
  readonly #tables: Tables

  private constructor(control: Control, tables: Tables) {
    this.#control = control
    this.#tables = tables
  }

  static async open(path: string, tables: Tables): Promise<BirdReader> {
    return new BirdReader(await Control.open(path, 'look'), tables)
  }

  get isOpen(): boolean {
    return this.#control.isOpen
  }

  onClose(listener: () => void): void {
    this.#control.onClose(listener)
  }

  close(): void {
    this.#control.close()
  }

  async look(watched: readonly Watched[], see: See): Promise<void> {
    for (const family of [4, 6] as const) {
      const some = watched.filter(({ rule }) => 'prefix' in rule && prefixFamily(rule.prefix) === family)
      if (some.length > MANY) await this.#lookAtAll(family, some, see)
      else await Promise.all(some.map((one) => this.#lookAtOne(family, one, see)))
    }
  }

  async #lookAtAll(family: Family, watched: readonly Watched[], see: See): Promise<void> {
    const found = await allBlackholed(this.#control, this.#tables, family)
    if (found === undefined) return
    for (const one of watched) see(one, 'prefix' in one.rule && found.has(one.rule.prefix))
  }

  async #lookAtOne(family: Family, watched: Watched, see: See): Promise<void> {
    if (!('prefix' in watched.rule)) return
    const found = await isBlackholed(this.#control, this.#tables, family, watched.rule.prefix)
    if (found !== undefined) see(watched, found)
  }
}
