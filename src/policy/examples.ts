import { durationText, parseDuration } from '../domain/duration.ts'
import { InputError, within } from '../domain/input-error.ts'
import { readTime, readTrigger } from '../domain/trigger.ts'
import { asTriggerInput } from '../triggers/trigger-schema.ts'
import type { Policy } from './compile.ts'
import { viewOf } from './condition.ts'
import { type Decision, decideOne, type Step } from './decide.ts'
import { type Facts, shapeOfTarget, TEN_YEARS_S } from './facts.ts'
import type { Case, ExampleFile } from './schema.ts'

/** What became of one example. */
export interface ExampleResult {
  readonly example: string
  /** What is not as expected, in words; empty when all is. */
  readonly failures: readonly string[]
  readonly decision: Decision | undefined
  readonly steps: readonly Step[]
}

export interface PolicyTest {
  readonly results: readonly ExampleResult[]
  /** Rules that no example hits: nobody knows whether they do what they should. */
  readonly unhit: readonly string[]
}

/** A moment at which nothing is special; examples that care say another. */
const NOW = '2026-03-04T10:00:00Z'

/** Runs the examples of a policy against it alone, whatever its mode. */
export function runExamples(policy: Policy, examples: readonly ExampleFile[]): PolicyTest {
  const results = examples.map((example) => runExample(policy, example))
  const hit = new Set(results.map(({ decision }) => decision?.rule))
  return { results, unhit: policy.rules.map(({ name }) => name).filter((name) => !hit.has(name)) }
}

function runExample(policy: Policy, example: ExampleFile): ExampleResult {
  const steps: Step[] = []
  try {
    const facts = factsOf(example)
    const decision = decideOne(policy, facts, viewOf(facts), steps)
    return { example: example.example, failures: failuresOf(example, decision), decision, steps }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const path = error.path === '' ? '' : `${error.path}: `
    return { example: example.example, failures: [`${path}${error.message}`], decision: undefined, steps }
  }
}

function failuresOf({ expect }: ExampleFile, decision: Decision | undefined): string[] {
  const failures: string[] = []
  const differs = (what: string, wanted: string | undefined, found: string | undefined): void => {
    if (wanted !== undefined && wanted !== found)
      failures.push(`${what} is ${found ?? 'nothing'}, and should be ${wanted}`)
  }
  differs('the decision', expect.verdict, decision?.verdict ?? 'none')
  differs('the rule', expect.rule, decision?.rule)
  const lasts = expect.lasts === undefined ? undefined : durationText(parseDuration(expect.lasts))
  differs('how long', lasts, decision?.block === undefined ? undefined : durationText(decision.block.lasts))
  return failures
}

/** @throws InputError with the path in the example */
export function factsOf({ trigger: given, given: about = {} }: Case): Facts {
  const now = within('given.now', () => readTime(about.now ?? NOW))
  const trigger = within('trigger', () =>
    readTrigger(
      asTriggerInput({
        id: 'example',
        revision: 1,
        kind: 'open',
        detectedAt: new Date(now).toISOString(),
        ...given,
      }),
    ),
  )
  const { since } = about
  return {
    ...{ trigger, now, source: about.source ?? 'example', format: about.format ?? 'cordon' },
    target: {
      ...shapeOfTarget(trigger),
      own: about.own ?? true,
      departments: about.departments ?? [],
      users: about.users ?? 0,
      known: about.known ?? false,
    },
    history: {
      blocks: about.blocks ?? 0,
      since: since === undefined ? TEN_YEARS_S : within('given.since', () => parseDuration(since)) / 1_000,
      active: about.active ?? 0,
      opens: about.opens ?? 1,
    },
    counters: { victims: about.victims ?? 1, source: about.sourceBlocks ?? 0 },
  }
}
