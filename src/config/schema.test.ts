import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import * as schemas from './schema.ts'
import * as site from './site-schema.ts'

test('every schema of the configuration is a JSON Schema, since a start does not check them', () => {
  const ajv = new Ajv({ strict: false })
  const named = [
    ...Object.entries({ ...schemas, ...site }).filter(([, schema]) => typeof schema === 'object'),
    ...[...allAdapters(), ...allWitnesses()].map(([kind, adapter]) => [kind, adapter.configSchema] as const),
  ]
  assert.ok(named.length > 5, `only ${named.length} schemas were found`)
  for (const [name, schema] of named)
    assert.equal(ajv.validateSchema(schema), true, `${name}: ${ajv.errorsText(ajv.errors)}`)
})
