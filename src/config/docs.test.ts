import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { ConfigSchema, PlacementsSchema } from './schema.ts'

const DOCS = new URL('../../docs/config.md', import.meta.url)

interface Shape {
  readonly properties?: Readonly<Record<string, Shape>>
  readonly items?: Shape
}

/** Every field that a schema knows, as the page writes it: `site.departments[].name`. */
function fieldsOf({ properties, items }: Shape, path: string): string[] {
  if (items !== undefined) return fieldsOf(items, `${path}[]`)
  return Object.entries(properties ?? {}).flatMap(([name, shape]) => {
    const field = path === '' ? name : `${path}.${name}`
    return [field, ...fieldsOf(shape, field)]
  })
}

/** What the rows of the page's tables begin with. */
function rowsOf(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)` +\|/gm)].map((row) => row[1] ?? '')
}

describe('docs/config.md', () => {
  for (const [file, schema] of [
    ['cordon.yaml', ConfigSchema],
    ['placement.yaml', PlacementsSchema],
  ] as const)
    it(`has a row for every field of ${file}`, async () => {
      const text = await readFile(DOCS, 'utf8')
      const fields = fieldsOf(schema as Shape, '')
      assert.ok(fields.length > 10, 'the schema can be read')
      assert.deepEqual(
        fields.filter((field) => !rowsOf(text).includes(field)),
        [],
      )
    })

  it('has no row for a field that does not exist', async () => {
    const text = await readFile(DOCS, 'utf8')
    const fields = new Set(
      [ConfigSchema, PlacementsSchema].flatMap((schema) => fieldsOf(schema as Shape, '')),
    )
    assert.deepEqual(
      rowsOf(text).filter((row) => !fields.has(row)),
      [],
    )
  })
})
