import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import * as schemas from './schemas.ts'
import * as more from './schemas-more.ts'

test('every schema of the API is a JSON Schema, since a start does not check them', () => {
  const ajv = new Ajv({ strict: false })
  const named = Object.entries({ ...schemas, ...more }).filter(([, schema]) => typeof schema === 'object')
  assert.ok(named.length > 10, `only ${named.length} schemas were found`)
  for (const [name, schema] of named)
    assert.equal(ajv.validateSchema(schema), true, `${name}: ${ajv.errorsText(ajv.errors)}`)
})
