import { statSync } from 'node:fs'
import { type ReadPolicy, readPolicies, readPolicy } from '../../config/read-policies.ts'
import { ConfigError, problemText } from '../../config/yaml-file.ts'
import { runExamples } from '../../policy/examples.ts'

/** What came of the examples of one policy. */
export interface TestedPolicy {
  readonly policy: string
  readonly file: string
  readonly mode: string
  readonly examples: number
  /** What is wrong, each as `file:line:column: path: words`. */
  readonly failures: readonly string[]
  /** Rules that no example hits. */
  readonly unhit: readonly string[]
}

export interface TestedPolicies {
  readonly policies: readonly TestedPolicy[]
  /** Of files that cannot be used at all. */
  readonly problems: readonly string[]
}

/** Runs the examples of a policy, or of all in a folder. */
export async function testPolicies(path: string): Promise<TestedPolicies> {
  try {
    const read = isFolder(path) ? await readPolicies(path) : [await readPolicy(path)]
    return { policies: read.map(tested), problems: [] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { policies: [], problems: error.problems.map(problemText) }
  }
}

function tested({ file, policy, examples, problem }: ReadPolicy): TestedPolicy {
  const { results, unhit } = runExamples(policy, examples)
  const failures = results.flatMap(({ example, failures: words, steps }, index) =>
    words.map((one) => {
      const passed = steps.map(({ rule, outcome }) => `${rule ?? policy.name} ${outcome}`).join('; ')
      return problemText(problem(['examples', index], `'${example}': ${one} (${passed})`))
    }),
  )
  return { policy: policy.name, file, mode: policy.mode, examples: examples.length, failures, unhit }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
