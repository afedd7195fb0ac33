import type { BlockRequest } from '../domain/block-request.ts'
import { parseDuration } from '../domain/duration.ts'
import { InputError } from '../domain/input-error.ts'
import { ConditionError, type Expression, readExpression } from './condition.ts'
import type { BlockFile, PolicyFile, RuleFile, VERDICTS } from './schema.ts'

export type Verdict = (typeof VERDICTS)[number]
export type Mode = 'enforce' | 'simulate' | 'off'

/** What shows, at the end of a block, that what it stops goes on: then it lasts as long again. */
export interface GoesOn {
  /** Enforcers count so many packets a second, all of them together. */
  readonly packetsPerSecond?: number
  /**
   * What becomes of one that nobody counts, as behind a blackhole: it ends, so that its source can see again (`end`), or
   * lasts on while the source has not said that it is over (`open`).
   */
  readonly uncounted: 'end' | 'open'
}

/** From how many blocked hosts of a prefix outside on the next one blocks all of it. By family. */
export type Aggregate = Readonly<
  Partial<Record<'ipv4' | 'ipv6', { readonly length: number; readonly hosts: number }>>
>

/** What a rule wants blocked. Times are milliseconds. */
export interface BlockPlan
  extends Pick<BlockRequest, 'direction' | 'action' | 'collateral' | 'scope' | 'quarantine'> {
  /** What the traffic of the trigger has, its one peer alone, always the same components, or everything. */
  readonly match: 'trigger' | 'peer' | NonNullable<BlockRequest['match']> | undefined
  /** How long, by how often the target was blocked before; `source`, as the source says. */
  readonly lasts: readonly (number | 'source')[]
  /** The longest that one incident may keep it on, counted from its beginning. */
  readonly most: number
  /** How long it stays when the source says that it is over; `keep`, to its end. */
  readonly onClose: number | 'keep'
  /** When it lasts again instead of ending. */
  readonly goesOn?: GoesOn
  readonly aggregate?: Aggregate
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
  const { lasts, most, onClose = 'release', spoofable } = block
  const spans = (typeof lasts === 'string' ? [lasts] : lasts).map(
    (text, index) =>
      attempt([...path, 'lasts', ...(typeof lasts === 'string' ? [] : [index])], () =>
        text === 'source' ? text : parseDuration(text),
      ) ?? 1,
  )
  const longest =
    most === undefined ? MOST_MS : (attempt([...path, 'most'], () => parseDuration(most)) ?? MOST_MS)
  const after =
    typeof onClose === 'object'
      ? attempt([...path, 'onClose', 'after'], () => parseDuration(onClose.after))
      : 0
  problems.push(...wrongIn(block, spans, longest).map((one) => ({ ...one, path: [...path, ...one.path] })))
  return {
    ...whatOf(block),
    ...{ lasts: spans, most: longest },
    onClose: onClose === 'keep' ? 'keep' : (after ?? 0),
    ...(block.goesOn === undefined ? {} : { goesOn: { uncounted: 'end', ...block.goesOn } }),
    ...(block.aggregate === undefined ? {} : { aggregate: block.aggregate }),
    ...(spoofable === undefined ? {} : { spoofable }),
  }
}

/** What is blocked, and how. */
function whatOf({ match, direction, action, collateral, scope, quarantine }: BlockFile) {
  return {
    match: match as BlockPlan['match'],
    ...(direction === undefined ? {} : { direction }),
    ...(action === undefined ? {} : { action }),
    ...(collateral === undefined ? {} : { collateral }),
    ...(quarantine === undefined ? {} : { quarantine }),
    ...(scope === undefined ? {} : { scope: scope as NonNullable<BlockRequest['scope']> }),
  }
}

/** What does not go together. */
function wrongIn(
  { match, direction, onClose = 'release', goesOn, aggregate }: BlockFile,
  spans: BlockPlan['lasts'],
  longest: number,
): PolicyProblem[] {
  const problems: PolicyProblem[] = []
  if (spans.some((span) => span !== 'source' && span > longest))
    problems.push({ path: ['lasts'], message: 'it lasts longer than `most` (a week unless it is said)' })
  if (match === 'peer' && direction === 'both')
    problems.push({ path: ['direction'], message: 'a peer is at one end; say to or from' })
  if (aggregate !== undefined && typeof match === 'string')
    problems.push({
      path: ['aggregate'],
      message: `what is blocked of a network has to be alike for all of its hosts, and match: ${match} is of each trigger`,
    })
  if (goesOn?.packetsPerSecond !== undefined && onClose === 'release')
    problems.push({
      path: ['goesOn', 'packetsPerSecond'],
      message:
        'packets are counted before a block ends, and this one ends at once when its incident closes: say `onClose: { after: 5m }`',
    })
  return problems
}
