import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readPolicies } from '../../config/read-policies.ts'
import { CATEGORIES } from '../../domain/category.ts'
import { FACT_TYPES } from '../../policy/facts.ts'
import { POLICY_FILE } from '../../policy/schema.ts'
import { TRIGGER_FIELDS } from '../../triggers/trigger-schema.ts'
import { testPolicies } from './policy-test.ts'

const ROOT = join(import.meta.dirname, '../../..')
const PAGE = readFileSync(join(ROOT, 'docs/policies.md'), 'utf8')

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
}

/** Every field, as the page writes it; those of a trigger stand in its other table. */
function fieldsOf({ properties, items }: Shape, path: string): string[] {
  if (path === 'examples[].trigger') return []
  if (items !== undefined) return fieldsOf(items, `${path}[]`)
  return Object.entries(properties ?? {}).flatMap(([name, shape]) => {
    const field = path === '' ? name : `${path}.${name}`
    return [field, ...fieldsOf(shape, field)]
  })
}

/** The cells of the rows of the table that begins so. */
function rowsOf(first: string): string[][] {
  const [, table = ''] = PAGE.split(new RegExp(`^\\| ${first} .*\\n\\|[-: |]+\\|\\n`, 'm'))
  const lines = table.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('|'))
  return lines.slice(0, end).map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
}

const firstCells = (table: string): string[] => rowsOf(table).map(([, cell = '']) => cell)

describe('docs/policies.md', () => {
  it('has every fact with its type, and no other', () => {
    const facts = Object.entries(FACT_TYPES).flatMap(([name, types]) =>
      Object.entries(types).map(([field, type]) => `${name}.${field}: ${type}`),
    )
    assert.deepEqual(
      rowsOf('fact').map(([, fact, type]) => `${fact}: ${type}`),
      [...facts, 'now: timestamp'],
    )
  })

  it('has every field of a policy in order, and no other', () =>
    assert.deepEqual(firstCells('field'), fieldsOf(POLICY_FILE as Shape, '')))

  it('names every category, and every field of a trigger', () => {
    assert.deepEqual(firstCells('category'), [...CATEGORIES])
    for (const field of Object.keys(TRIGGER_FIELDS)) assert.match(PAGE, new RegExp(`\`${field}\\b`), field)
  })

  it('names every policy that is shipped, in the order in which they are asked', async () => {
    const shipped = await readPolicies(join(ROOT, 'policies/rules'))
    assert.deepEqual(
      rowsOf('policy').map(([, name, priority]) => `${name} ${priority}`),
      shipped.map(({ policy: { name, priority } }) => `${name} ${priority}`),
    )
  })

  it('shows policies that do what their examples say', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cordon-docs-'))
    try {
      const shown = [...PAGE.matchAll(/^```yaml\n(policy: [\s\S]*?)^```/gm)].map(([, text = '']) => text)
      assert.ok(shown.length > 1)
      for (const [index, text] of shown.entries()) writeFileSync(join(folder, `${index}.yaml`), text)
      const { policies, problems } = await testPolicies(folder)
      assert.deepEqual(problems, [])
      assert.equal(policies.length, shown.length)
      for (const { policy, failures, unhit } of policies)
        assert.deepEqual([failures, unhit], [[], []], policy)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
