import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { ended } from './bounded.ts'
import type { Fixture } from './fixture.ts'
import { onStage } from './stage.ts'
import { assertAdapterError } from './subject.ts'

/** Long and odd enough to be found wherever it leaks. */
const WRONG_SECRET = 'canary-7f3a-not-the-secret'

/** What holds before anything is applied: the config's schema, the capabilities, the way to refuse. */
export function formLaws<S extends TSchema>(fixture: Fixture<S>): void {
  it('takes its config, and no unknown field in it', () =>
    onStage(fixture, async ({ device }) => {
      const { configSchema } = fixture.adapter
      assert.deepEqual([...Value.Errors(configSchema, device.config)], [])
      const odd: unknown = Object.assign({}, device.config, { 'no-such-field': 1 })
      assert.ok(!Value.Check(configSchema, odd), 'an unknown field must be an error')
    }))

  it('names capabilities that can be used', () =>
    onStage(fixture, async ({ device }) => {
      const capabilities = fixture.adapter.capabilities(device.config)
      for (const list of [capabilities.kinds, capabilities.actions, capabilities.families]) {
        assert.ok(list.length > 0)
        assert.equal(new Set<unknown>(list).size, list.length, 'nothing twice')
      }
      for (const count of [capabilities.maxEntries, capabilities.batch, capabilities.inFlight]) {
        assert.ok(count >= 1)
      }
    }))

  it('keeps a secret that does not work to itself', () =>
    onStage(fixture, async ({ device, env, patience, keep }) => {
      const wrong = { ...env, secret: async () => `${WRONG_SECRET}\n` }
      const outcome = await ended('open', patience, fixture.adapter.open(device.config, wrong))
      if ('value' in outcome) return outcome.value.close()
      keep(outcome.error)
      assertAdapterError(outcome.error)
      assert.ok(!`${outcome.error.stack} ${outcome.error.code}`.includes(WRONG_SECRET))
    }))
}
