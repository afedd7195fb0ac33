import type { Collateral, Origin } from '../domain/block.ts'
import { type Action, DROP } from '../domain/rule.ts'

const NOTHING: readonly never[] = Object.freeze([])

/** Parts that many blocks have alike, kept once, so that each block costs one reference to them. */
export class SharedParts {
  readonly #origins = new Map<string, Origin>()
  readonly #names = new Map<string, string>()
  readonly #devices = new Map<string, readonly string[]>()
  /** Shared lists by the shared list that they extend and the name that comes behind. */
  readonly #longer = new Map<readonly string[], Map<string, readonly string[]>>()

  origin(origin: Origin): Origin {
    const known = this.#origins.get(origin.token)
    if (known?.kind === origin.kind) return known
    this.#origins.set(origin.token, origin)
    return origin
  }

  /** Of a policy and its rule, of what it advises, of a category. */
  name<Name extends string>(name: Name): Name {
    const known = this.#names.get(name)
    if (known === undefined) this.#names.set(name, name)
    return (known as Name | undefined) ?? name
  }

  action(action: Action): Action {
    return action.do === 'drop' ? DROP : action
  }

  collateral(collateral: readonly Collateral[]): readonly Collateral[] {
    return collateral.length === 0 ? NOTHING : collateral
  }

  /** A list of names of devices. */
  devices(names: readonly string[]): readonly string[] {
    if (names.length === 0) return NOTHING
    const key = names.join('\n')
    const known = this.#devices.get(key)
    if (known === undefined) this.#devices.set(key, names)
    return known ?? names
  }

  /** A shared list of names with one more behind. */
  extended(names: readonly string[], name: string): readonly string[] {
    const known = this.#longer.get(names)?.get(name)
    if (known !== undefined) return known
    const longer = this.devices([...names, name])
    const extensions = this.#longer.get(names) ?? new Map<string, readonly string[]>()
    this.#longer.set(names, extensions.set(name, longer))
    return longer
  }
}
