import type { SourceEvidence } from '../domain/block.ts'
import type { BlockRequest } from '../domain/block-request.ts'
import { isIdentity } from '../domain/target.ts'
import { directionOf, type Trigger } from '../domain/trigger.ts'
import type { Aggregate, BlockPlan, GoesOn, Policy, PolicyRule, Verdict } from './compile.ts'
import { ConditionError, type FactView, viewOf } from './condition.ts'
import { type Facts, narrowingOf, peerOf } from './facts.ts'

/** A block that a policy wants, as the API would take it. Times are milliseconds. */
export interface WantedBlock
  extends Required<Pick<BlockRequest, 'direction'>>,
    Pick<BlockRequest, 'match' | 'action' | 'collateral' | 'scope' | 'quarantine'> {
  readonly lasts: number
  readonly most: number
  readonly onClose: number | 'keep'
  readonly goesOn?: GoesOn
  readonly aggregate?: Aggregate
  readonly evidence: SourceEvidence
}

/** What a policy makes of a trigger. */
export interface Decision {
  readonly policy: string
  /** Of the policy; nothing where it could not be evaluated. */
  readonly rule?: string
  readonly verdict: Verdict
  /** A sentence for people. */
  readonly why: string
  readonly advice?: string
  /** Of a block, or of one that people are asked about. */
  readonly block?: WantedBlock
  /** One name for all triggers of one incident. */
  readonly incident?: string
}

/** Why a policy or a rule was passed over, or that it decided. */
export interface Step {
  readonly policy: string
  readonly rule?: string
  readonly outcome: string
}

export interface Decided {
  /** Undefined where no policy has a rule for it. */
  readonly decision: Decision | undefined
  /** What policies would have decided that are tried out, ahead of the one that did. */
  readonly simulated: readonly Decision[]
  readonly steps: readonly Step[]
}

/**
 * Asks the policies in the order of their priority; the first rule that holds decides. One that is tried out decides
 * nothing, and the next one is asked. What cannot be evaluated is refused, so that no later and wider rule takes it.
 * @param policies by priority
 */
export function decide(policies: readonly Policy[], facts: Facts): Decided {
  const view = viewOf(facts)
  const simulated: Decision[] = []
  const steps: Step[] = []
  for (const policy of policies) {
    if (policy.mode === 'off') {
      steps.push({ policy: policy.name, outcome: 'is off' })
      continue
    }
    const decision = decideOne(policy, facts, view, steps)
    if (decision === undefined) continue
    if (policy.mode === 'enforce') return { decision, simulated, steps }
    simulated.push(decision)
  }
  return { decision: undefined, simulated, steps }
}

/** What one policy makes of it, whatever its mode; undefined where none of its rules holds. */
export function decideOne(policy: Policy, facts: Facts, view: FactView, steps: Step[]): Decision | undefined {
  try {
    if (policy.when?.evaluate(view) === false) {
      steps.push({ policy: policy.name, outcome: 'is about something else' })
      return undefined
    }
    for (const rule of policy.rules) {
      const why = whyNot(rule, facts, view)
      steps.push({ policy: policy.name, rule: rule.name, outcome: why ?? `decides: ${rule.verdict}` })
      if (why === undefined) return decisionOf(policy, rule, facts, view)
    }
    return undefined
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error
    const why = `it could not be evaluated: ${error.message}`
    steps.push({ policy: policy.name, outcome: why })
    return { policy: policy.name, verdict: 'refuse', why }
  }
}

/** Why a rule is passed over, or undefined. */
function whyNot({ when, block }: PolicyRule, { trigger }: Facts, view: FactView): string | undefined {
  if (when?.evaluate(view) === false) return 'its condition does not hold'
  // A block of everything in place of a part would be wider than anybody wrote down.
  if (block?.match === 'trigger' && narrowingOf(trigger) === undefined)
    return 'the trigger does not say which traffic'
  if (block?.match === 'peer' && peerOf(trigger) === undefined)
    return 'the trigger does not name one single address at the other end'
  if (block?.lasts.includes('source') === true && trigger.lifetime === undefined)
    return 'the source does not say how long'
  return block === undefined ? undefined : whyNotForTarget(block, trigger)
}

/** What a rule does to accounts and stations it says by name: one about traffic must not suspend anybody. */
function whyNotForTarget({ action, match }: BlockPlan, { target }: Trigger): string | undefined {
  if (target.kind === 'account' && action !== 'suspend') return 'it does not say that accounts are suspended'
  if (target.kind === 'station' && action !== 'quarantine' && action !== 'drop')
    return 'it does not say that stations are put in quarantine or dropped'
  if (!isIdentity(target) && (action === 'suspend' || action === 'quarantine'))
    return `${action} is not for a ${target.kind}`
  return isIdentity(target) && match !== undefined
    ? 'it is about some traffic, which nobody has by themselves'
    : undefined
}

function decisionOf(policy: Policy, rule: PolicyRule, facts: Facts, view: FactView): Decision {
  const { name, verdict, why, advice, block } = rule
  const incident = policy.incident?.evaluate(view)
  return {
    ...{ policy: policy.name, rule: name, verdict, why },
    ...(advice === undefined ? {} : { advice }),
    ...(block === undefined ? {} : { block: wantedBlock(block, verdict, facts) }),
    ...(incident === undefined || incident === '' ? {} : { incident }),
  }
}

function wantedBlock(plan: BlockPlan, verdict: Verdict, { trigger, history }: Facts): WantedBlock {
  const {
    match,
    direction,
    action,
    collateral,
    scope,
    quarantine,
    most,
    onClose,
    goesOn,
    aggregate,
    spoofable,
  } = plan
  const step = plan.lasts[Math.min(history.blocks, plan.lasts.length - 1)] ?? most
  const lasts = Math.min(most, step === 'source' ? (trigger.lifetime ?? most) : step)
  const way = isIdentity(trigger.target) ? 'both' : (direction ?? directionOf(trigger))
  const narrowed = narrowingBy(match, way, trigger)
  return {
    direction: way,
    ...(narrowed === undefined ? {} : { match: narrowed }),
    ...(action === undefined ? {} : { action }),
    ...(collateral === undefined ? {} : { collateral }),
    ...(quarantine === undefined ? {} : { quarantine }),
    ...(scope === undefined ? {} : { scope }),
    ...{ lasts, most, onClose },
    ...(goesOn === undefined ? {} : { goesOn }),
    ...(aggregate === undefined ? {} : { aggregate }),
    // What is asked about, a person judges: the guard would refuse it before anybody has seen it.
    evidence: spoofable === undefined && verdict !== 'ask' ? trigger.evidence : 'established',
  }
}

function narrowingBy(
  match: BlockPlan['match'],
  direction: BlockPlan['direction'],
  trigger: Facts['trigger'],
): BlockRequest['match'] {
  if (match === 'trigger') return trigger.match
  if (match !== 'peer') return match
  return { [direction === 'to' ? 'source' : 'destination']: peerOf(trigger) }
}
