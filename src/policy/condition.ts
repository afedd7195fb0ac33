import { Environment } from '@marcbachmann/cel-js'
import { contextOf, FACT_TYPES, type Facts } from './facts.ts'

/** An expression that was read and whose type is known to be right. */
export interface Expression<T> {
  readonly text: string
  /** @throws ConditionError when it asks for what is not there, such as a label that the trigger has not */
  evaluate(view: FactView): T
}

/** An expression that cannot be used, or cannot be evaluated. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError'
}

/** Facts as expressions see them, made once for all of them. */
export type FactView = Readonly<Record<string, unknown>>

export function viewOf(facts: Facts): FactView {
  return contextOf(facts)
}

/** Nobody writes so much by hand. */
const LIMITS = {
  maxAstNodes: 500,
  maxDepth: 40,
  maxListElements: 500,
  maxMapEntries: 100,
  maxCallArguments: 16,
}

const MINUTE = 60n

/** CEL (the Common Expression Language) over what {@link FACT_TYPES} names; seconds for times, and constants for many. */
function environment(): Environment {
  let env = new Environment({ unlistedVariablesAreDyn: false, limits: LIMITS })
    .registerConstant('minute', 'int', MINUTE)
    .registerConstant('hour', 'int', 60n * MINUTE)
    .registerConstant('day', 'int', 1_440n * MINUTE)
    .registerVariable('now', 'google.protobuf.Timestamp')
  for (const [name, schema] of Object.entries(FACT_TYPES))
    env = env.registerVariable({ name, schema: { ...schema } })
  return env
}

const ENVIRONMENT = environment()

/** @throws ConditionError unless it is of this type */
export function readExpression<T>(text: string, type: 'bool' | 'string'): Expression<T> {
  const checked = ENVIRONMENT.check(text)
  if (!checked.valid) throw new ConditionError(firstLine(checked.error))
  if (checked.type !== type)
    throw new ConditionError(`it gives ${String(checked.type)} where ${type} is needed`)
  const run = ENVIRONMENT.parse(text)
  return {
    text,
    evaluate: (view) => {
      try {
        return run(view) as T
      } catch (error) {
        throw new ConditionError(`${text}: ${firstLine(error)}`)
      }
    },
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
