import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { MUTANTS } from './mutants.ts'
import { SWITCH_MUTANTS } from './mutants-switch.ts'

const RUNNER = fileURLToPath(new URL('mutant.ts', import.meta.url))
const ALL = Object.entries({ ...MUTANTS, ...SWITCH_MUTANTS })

/** The laws that failed of each mutant, all in one process. Every law that some mutant breaks is tried on all of them. */
function failingLaws(): Promise<ReadonlyMap<string, readonly string[]>> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const laws = ALL.map(([, { law }]) => `(?:${law.source})`).join('|')
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', '--test-reporter=tap', `--test-name-pattern=${laws}`, RUNNER],
      { env, maxBuffer: 64 << 20 },
      (_error, stdout) => resolve(failuresIn(stdout)),
    )
  })
}

/** By the name of the mutant, whose suite comes behind its laws. */
function failuresIn(tap: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  let laws: string[] = []
  for (const line of tap.split('\n')) {
    const [, law] = /^ {4}not ok \d+ - (.*)$/.exec(line) ?? []
    if (law !== undefined) laws.push(law)
    const [, suite] = /^(?:not )?ok \d+ - contract: (.*)$/.exec(line) ?? []
    if (suite === undefined) continue
    found.set(suite, laws)
    laws = []
  }
  return found
}

describe('the contract suite notices an adapter that', () => {
  let failing: ReadonlyMap<string, readonly string[]>
  before(async () => {
    failing = await failingLaws()
  })

  for (const [name, { law }] of ALL) {
    it(name, () => {
      const laws = failing.get(name)
      assert.ok(laws !== undefined, 'its suite has not run')
      assert.ok(
        laws.some((title) => law.test(title)),
        `no failure of ${law}; failing were: ${laws.join('; ')}`,
      )
    })
  }
})
