import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { identityRule, QUARANTINE, SUSPEND, type SwitchRule } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'

/** Whom we keep without session, and how. */
export interface Kept {
  readonly rule: SwitchRule
  /** Other names that the same user was seen under, the newest last. */
  readonly links: readonly string[]
}

/** By the name of the account or the station. */
export type KeptByName = ReadonlyMap<string, Kept>

const memoSchema = Type.Object(
  {
    version: Type.Literal(1),
    ended: Type.Array(Type.String()),
    quarantined: Type.Array(Type.String()),
    links: Type.Record(Type.String(), Type.Array(Type.String())),
  },
  { additionalProperties: false },
)

export function memoText(kept: KeptByName): string {
  const all = [...kept].sort(([a], [b]) => (a < b ? -1 : 1))
  const names = (isQuarantine: boolean): string[] =>
    all.filter(([, { rule }]) => (rule.action.do === 'quarantine') === isQuarantine).map(([name]) => name)
  const links = all.flatMap(([name, one]) => (one.links.length === 0 ? [] : [[name, one.links] as const]))
  return JSON.stringify({
    version: 1,
    ...{ ended: names(false), quarantined: names(true), links: Object.fromEntries(links) },
  })
}

/** @throws AdapterError `bad-memo`: without it nobody knows whom to let go */
export function readMemo(text: string | undefined): KeptByName {
  if (text === undefined) return new Map()
  const memo = parsed(text)
  if (!Value.Check(memoSchema, memo))
    throw new AdapterError(
      'rejected',
      'the memo of whom to keep without session is none: was the device of another kind? Then give it another name',
      'bad-memo',
    )
  const { ended, quarantined, links } = memo
  const keptAs = (name: string, rule: SwitchRule): [string, Kept] => [
    name,
    { rule, links: links[name] ?? [] },
  ]
  return new Map([
    ...ended.map((name) => keptAs(name, identityRule('no-session', name, SUSPEND))),
    ...quarantined.map((name) => keptAs(name, identityRule('no-session', name, QUARANTINE))),
  ])
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
