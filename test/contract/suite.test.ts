import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { MUTANTS } from './mutants.ts'
import { SWITCH_MUTANTS } from './mutants-switch.ts'

const RUNNER = fileURLToPath(new URL('mutant.ts', import.meta.url))

/** The names of the laws that failed, of those that the pattern chooses. */
function failingLaws(mutant: string, law: RegExp): Promise<string[]> {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', '--test-reporter=tap', `--test-name-pattern=${law.source}`, RUNNER, mutant],
      { env },
      (_error, stdout) =>
        resolve([...stdout.matchAll(/^ +not ok \d+ - (.*)$/gm)].map((line) => line[1] ?? '')),
    )
  })
}

describe('the contract suite notices an adapter that', () => {
  for (const [name, { law }] of Object.entries({ ...MUTANTS, ...SWITCH_MUTANTS })) {
    it(name, async () => {
      const failing = await failingLaws(name, law)
      assert.ok(
        failing.some((title) => law.test(title)),
        `no failure of ${law}; failing were: ${failing.join('; ')}`,
      )
    })
  }
})
