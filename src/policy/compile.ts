import type { BlockRequest } from '../domain/block.ts'
import { parseDuration } from '../domain/duration.ts'
import { InputError } from '../domain/input-error.ts'
import { ConditionError, type Expression, readExpression } from './condition.ts'
import type { BlockFile, PolicyFile, RuleFile, VERDICTS } from './schema.ts'

export type Verdict = (typeof VERDICTS)[number]
export type Mode = 'enforce' | 'simulate' | 'off'

/** What a rule wants blocked. Times are milliseconds. */
export interface BlockPlan extends Pick<BlockRequest, 'direction' | 'action' | 'collateral' | 'scope'> {
  /** What the traffic of the trigger has, its one peer alone, always the same components, or everything. */
  readonly match: 'trigger' | 'peer' | NonNullable<BlockRequest['match']> | undefined
  /** How long, by how often the target was blocked before; `source`, as the source says. */
  readonly lasts: readonly (number | 'source')[]
  /** The longest that one incident may keep it on, counted from its beginning. */
  readonly most: number
  /** How long it stays when the source says that it is over; `keep`, to its end. */
  readonly onClose: number | 'keep'
  /** Why blocking a source on evidence that can be spoofed is safe. */
  readonly spoofable?: string
}

export interface PolicyRule {
  readonly name: string
  readonly when: Expression<boolean> | undefined
  readonly verdict: Verdict
  readonly why: string
  readonly advice?: string
  readonly block?: BlockPlan
}

/** What one source may have of a policy at the most. */
export interface PolicyLimits {
  readonly perMinute?: number
  readonly perHour?: number
  readonly active?: number
}

/** A policy, ready to decide. */
export interface Policy {
  readonly name: string
  readonly about: string
  /** Lower ones are asked first. */
  readonly priority: number
  readonly mode: Mode
  readonly when: Expression<boolean> | undefined
  /** Names the incident that many triggers are of. */
  readonly incident: Expression<string> | undefined
  readonly limits: PolicyLimits
  readonly rules: readonly PolicyRule[]
}

/** Where in the file something is wrong, and what. */
export interface PolicyProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** Blocks of policies end within a week unless a policy says how long they may last. */
const MOST_MS = 7 * 24 * 3_600_000

/** @param file fits its schema */
export function compilePolicy(file: PolicyFile): {
  readonly policy: Policy
  readonly problems: readonly PolicyProblem[]
} {
  const problems: PolicyProblem[] = []
  const attempt = <T>(path: readonly (string | number)[], read: () => T): T | undefined => {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ConditionError || error instanceof InputError)) throw error
      problems.push({ path, message: error.message })
      return undefined
    }
  }
  const names = new Set<string>()
  const rules = file.rules.map((rule, index) => {
    const path = ['rules', index]
    if (names.has(rule.rule))
      problems.push({ path: [...path, 'rule'], message: `there are two rules ${rule.rule}` })
    names.add(rule.rule)
    return readRule(rule, path, attempt, problems)
  })
  const policy: Policy = {
    ...{ name: file.policy, about: file.about, priority: file.priority, mode: file.mode },
    when: conditionAt(file.when, ['when'], attempt),
    incident:
      file.incident === undefined
        ? undefined
        : attempt(['incident'], () => readExpression<string>(file.incident ?? '', 'string')),
    limits: file.limits ?? {},
    rules,
  }
  return { policy, problems }
}

type Attempt = <T>(path: readonly (string | number)[], read: () => T) => T | undefined

function conditionAt(
  text: string | undefined,
  path: readonly (string | number)[],
  attempt: Attempt,
): Expression<boolean> | undefined {
  return text === undefined ? undefined : attempt(path, () => readExpression<boolean>(text, 'bool'))
}

function readRule(
  { rule: name, when, verdict, why, advice, block }: RuleFile,
  path: readonly (string | number)[],
  attempt: Attempt,
  problems: PolicyProblem[],
): PolicyRule {
  const needs = verdict === 'block' || verdict === 'ask'
  if (needs !== (block !== undefined))
    problems.push({
      path: [...path, needs ? 'verdict' : 'block'],
      message: needs ? `${verdict} needs to say which block` : `${verdict} makes no block`,
    })
  const plan = block === undefined ? undefined : readPlan(block, [...path, 'block'], attempt, problems)
  return {
    ...{ name, verdict, why },
    when: conditionAt(when, [...path, 'when'], attempt),
    ...(advice === undefined ? {} : { advice }),
    ...(plan === undefined ? {} : { block: plan }),
  }
}

function readPlan(
  block: BlockFile,
  path: readonly (string | number)[],
  attempt: Attempt,
  problems: PolicyProblem[],
): BlockPlan {
  const { match, direction, action, collateral, scope, lasts, most, onClose = 'release', spoofable } = block
  const spans = (typeof lasts === 'string' ? [lasts] : lasts).map(
    (text, index) =>
      attempt([...path, 'lasts', ...(typeof lasts === 'string' ? [] : [index])], () =>
        text === 'source' ? text : parseDuration(text),
      ) ?? 1,
  )
  const longest =
    most === undefined ? MOST_MS : (attempt([...path, 'most'], () => parseDuration(most)) ?? MOST_MS)
  if (spans.some((span) => span !== 'source' && span > longest))
    problems.push({
      path: [...path, 'lasts'],
      message: 'it lasts longer than `most` (a week unless it is said)',
    })
  if (match === 'peer' && direction === 'both')
    problems.push({ path: [...path, 'direction'], message: 'a peer is at one end; say to or from' })
  const after =
    typeof onClose === 'object'
      ? attempt([...path, 'onClose', 'after'], () => parseDuration(onClose.after))
      : 0
  return {
    match: match as BlockPlan['match'],
    ...(direction === undefined ? {} : { direction }),
    ...(action === undefined ? {} : { action }),
    ...(collateral === undefined ? {} : { collateral }),
    ...(scope === undefined ? {} : { scope: scope as NonNullable<BlockRequest['scope']> }),
    ...{ lasts: spans, most: longest },
    onClose: onClose === 'keep' ? 'keep' : (after ?? 0),
    ...(spoofable === undefined ? {} : { spoofable }),
  }
}
