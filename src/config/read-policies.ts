import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { compilePolicy, type Policy } from '../policy/compile.ts'
import { type ExampleFile, POLICY_FILE } from '../policy/schema.ts'
import { ConfigError, type Problem, readYamlFile, unreadable } from './yaml-file.ts'

/** A policy with its file and the examples in it. */
export interface ReadPolicy {
  readonly file: string
  readonly policy: Policy
  readonly examples: readonly ExampleFile[]
  /** A problem at a place in it, such as `['examples', 0]`. */
  problem(path: readonly (string | number)[], message: string): Problem
}

/**
 * Reads every policy of a folder, by priority: the files whose names end in `.yaml`, one policy each.
 * @throws ConfigError with every problem of every file
 */
export async function readPolicies(folder: string): Promise<readonly ReadPolicy[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new ConfigError([unreadable(folder, error)])
  })
  const files = names.filter((name) => name.endsWith('.yaml')).sort()
  const [read, problems]: [ReadPolicy[], Problem[]] = [[], []]
  for (const name of files)
    try {
      read.push(await readPolicy(join(folder, name)))
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems)
    }
  problems.push(...ambiguous(read))
  if (problems.length > 0) throw new ConfigError(problems)
  return read.sort((a, b) => a.policy.priority - b.policy.priority)
}

/** @throws ConfigError with every problem of the file */
export async function readPolicy(file: string): Promise<ReadPolicy> {
  const yaml = await readYamlFile(file, POLICY_FILE)
  const { policy, problems } = compilePolicy(yaml.data)
  if (problems.length > 0)
    throw new ConfigError(problems.map(({ path, message }) => yaml.problem(path, message)))
  return {
    ...{ file, policy, examples: yaml.data.examples },
    problem: (path, message) => yaml.problem(path, message),
  }
}

/** Two policies of one name, or of one priority: nobody could say which is asked first. */
function ambiguous(read: readonly ReadPolicy[]): Problem[] {
  return read.flatMap(({ file, policy }, index) =>
    read.slice(0, index).flatMap((other) => {
      const same = (['name', 'priority'] as const).filter((field) => other.policy[field] === policy[field])
      return same.map((field) => ({
        ...{ file, line: 1, column: 1, path: field === 'name' ? 'policy' : field },
        message: `${policy[field]} is the ${field} of ${other.file} already`,
      }))
    }),
  )
}
