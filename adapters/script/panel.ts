import { realmOf } from '../../src/domain/identity.ts'
import { IDENTITY_KINDS, type IdentityKind, isStationName, type SwitchRule } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'
import { Doubt, type Marks, type Panel, type Position, type Sight } from '../switching/panel.ts'
import { isRefusal } from '../switching/switches.ts'
import type { Who } from './protocol.ts'
import type { Script } from './script.ts'

/** How many one start is asked about: more would take a script too long that asks for each. */
const ASKED_AT_ONCE = 50

/** The switches of a system that a site's own executable reads and turns. */
export class ScriptPanel implements Panel {
  readonly #script: Script

  constructor(script: Script) {
    this.#script = script
  }

  async read(
    rules: readonly SwitchRule[],
    signal: AbortSignal,
    marks: Marks,
  ): Promise<ReadonlyMap<string, Sight>> {
    const sights = new Map<string, Sight>()
    for (const kind of IDENTITY_KINDS)
      await this.#readInto(
        sights,
        kind,
        rules.filter((rule) => rule.kind === kind),
        signal,
        marks,
      )
    return sights
  }

  async #readInto(
    sights: Map<string, Sight>,
    kind: IdentityKind,
    rules: readonly SwitchRule[],
    signal: AbortSignal,
    marks: Marks,
  ): Promise<void> {
    for (let start = 0; start < rules.length; start += ASKED_AT_ONCE) {
      const asked = rules.slice(start, start + ASKED_AT_ONCE)
      const who = asked.map((rule) => whoOf(rule, marks.get(rule.key)))
      const told = await this.#script.read({ operation: 'read', kind, who }, signal)
      for (const { key, name } of asked) {
        const sight = told.get(name)
        if (sight !== undefined) sights.set(key, sight)
      }
    }
  }

  /** What it does not say of one it may say of others. */
  async turn(rule: SwitchRule, to: Position, signal: AbortSignal, mark: string | undefined): Promise<void> {
    try {
      const who = whoOf(rule, mark)
      await this.#script.turn({ operation: 'turn', kind: rule.kind, to, who }, signal)
    } catch (error) {
      const isAnswer: boolean = isRefusal(error)
      if (isAnswer || !(error instanceof AdapterError)) throw error
      throw new Doubt(error.class, error.message, error.code)
    }
  }
}

/** Somebody as a script is told of them. @param id what it had said that they are known by */
export function whoOf(
  { kind, name, action }: Pick<SwitchRule, 'kind' | 'name' | 'action'>,
  id?: string,
): Who {
  const ends = kind === 'no-session' ? { action: action.do } : {}
  if (isStationName(name)) return { name, station: name, ...ends }
  const realm = realmOf(name)
  const who = { name, user: name.slice(0, -realm.length - 1), realm, ...ends }
  return id === undefined ? who : { ...who, id }
}
