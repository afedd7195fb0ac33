import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, it } from 'node:test'
import { explainCase } from './policy-explain.ts'
import { testPolicies } from './policy-test.ts'

const SHIPPED = join(import.meta.dirname, '../../../policies/rules')

describe('policies on this machine', () => {
  const folders: string[] = []
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'cordon-policies-'))
    folders.push(made)
    return made
  }
  afterEach(() => {
    for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true })
  })

  it('those that are shipped do what their examples say, and every rule has one', async () => {
    const { policies, problems } = await testPolicies(SHIPPED)
    assert.deepEqual(problems, [])
    assert.ok(policies.length > 0)
    for (const { policy, failures, unhit } of policies) assert.deepEqual([failures, unhit], [[], []], policy)
  })

  it('names the place of what is wrong in a file, of every file', async () => {
    const own = folder()
    const good = join(SHIPPED, 'amplification.yaml')
    copyFileSync(good, join(own, 'a.yaml'))
    copyFileSync(good, join(own, 'b.yaml'))
    writeFileSync(
      join(own, 'c.yaml'),
      'policy: c\nabout: c\npriority: 1\nmode: enforce\nwhn: "true"\nrules: []\n',
    )
    const { problems } = await testPolicies(own)
    const words = problems.join('\n')
    assert.match(words, /c\.yaml:5:\d+: whn: unknown field/)
    assert.match(words, /c\.yaml:6:\d+: rules: must NOT have fewer than 1 items/)
    assert.match(words, /b\.yaml:1:1: priority: 100 is the priority of .*a\.yaml already/)
    assert.match((await testPolicies(join(own, 'none'))).problems.join(), /cannot be read/)
  })

  it('explains a case rule by rule, and refuses one that it cannot read', async () => {
    const file = join(folder(), 'case.json')
    const trigger = { target: '203.0.113.80', role: 'victim', category: 'dos.amplification' }
    writeFileSync(file, JSON.stringify({ trigger }))
    const explained = await explainCase(SHIPPED, file)
    assert.ok(explained.ok)
    assert.equal(explained.decided.decision?.rule, 'port-unknown')
    assert.ok(explained.decided.steps.some(({ rule }) => rule === 'known-port'))
    for (const [text, words] of [
      ['{', /case\.json: /],
      ['{"trigger":{"target":"x","role":"victim","category":"scan"}}', /trigger\.target/],
      [
        '{"trigger":{"target":"192.0.2.1","role":"victim","category":"scan","pps":3}}',
        /trigger\.pps: unknown field/,
      ],
    ] as const) {
      writeFileSync(file, text)
      const wrong = await explainCase(SHIPPED, file)
      assert.ok(!wrong.ok)
      assert.match(wrong.problems.join(), words)
    }
  })
})
