import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Seen, WitnessAdapter } from '../../adapters/witness.ts'
import { until } from '../helpers/bird.ts'
import { list, SCANNER, startFace } from './face.ts'

test('a router that does not accept what is announced is named wherever somebody looks', async (t) => {
  let see = (_seen: Seen): void => {}
  const eye: Partial<WitnessAdapter> = {
    kinds: () => ['acl'],
    open: async () => ({
      watch: (_expected, onSeen) => {
        see = onSeen
      },
      forget: () => {},
      whyNot: () => 'refused by its import policy',
      onTrouble: () => {},
      close: async () => {},
    }),
  }
  const { block, send } = await startFace(t, { witness: eye as WitnessAdapter })
  const made = await block(SCANNER, { headers: { prefer: 'wait=10' } })
  const enforcer = async () => list((await send('GET', '/v1/devices/edge-1')).json['enforcers'])[0]
  await until(async () => (await enforcer())?.['late'] !== undefined)
  const rule = String(list(made.json['holdings'])[0]?.['rule'])
  assert.deepEqual(await enforcer(), {
    name: 'r1',
    late: {
      count: 1,
      words: `announced but not accepted at r1: 1 rule, first ${rule} (refused by its import policy)`,
    },
  })
  const unseen = async () => (await send('GET', '/metrics')).text
  assert.match(await unseen(), /^cordon_enforcer_unseen\{device="edge-1",enforcer="r1"\} 1$/m)
  assert.match(await unseen(), /^cordon_enforcer_readable\{device="edge-1",enforcer="r1"\} 1$/m)
  const shown = await send('GET', `/v1/blocks/${String(made.json['id'])}`)
  const [holding] = list(shown.json['holdings'])
  assert.deepEqual(holding?.['enforcers'], [{ name: 'r1', seen: false, why: 'refused by its import policy' }])
  const alarms = async () => (await send('GET', '/readyz')).json['alarms']
  assert.deepEqual(await alarms(), ['edge-1: announced but not accepted at r1: 1 rule'], 'and no address')
  see({ key: rule, present: true })
  assert.deepEqual(await enforcer(), { name: 'r1' })
  assert.match(await unseen(), /^cordon_enforcer_unseen\{device="edge-1",enforcer="r1"\} 0$/m)
  assert.deepEqual(await alarms(), [])
})
