import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NO_COMPONENTS, parseMatchText } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { DROP, filterRule, switchRule } from '../../src/domain/rule.ts'
import { listEnv } from '../../test/helpers/list-env.ts'
import type { DeviceChange } from '../adapter.ts'
import { type HeldList, listed } from './held.ts'
import { createListAdapter } from './index.ts'

const SIGNAL = new AbortController().signal
const RULE = filterRule(
  'acl',
  { family: 4, source: parsePrefix('203.0.113.9/32'), components: NO_COMPONENTS },
  DROP,
)

async function open() {
  const lists = new Map<string, HeldList>()
  const adapter = createListAdapter(lists)
  const session = await adapter.open({}, listEnv('pulled'))
  const list = lists.get('pulled')
  assert.ok(list !== undefined)
  return { adapter, session, list }
}

test('a list is ready once everything that was wanted is in it, and stays so', async () => {
  const { adapter, session, list } = await open()
  assert.equal(list.ready, false)
  await session.apply({ put: [RULE], remove: [] }, SIGNAL)
  assert.equal(list.ready, false)
  await session.settled?.()
  assert.equal(list.ready, true)
  await session.close()
  const next = await adapter.open({}, listEnv('pulled'))
  assert.deepEqual([list.ready, list.rules.size], [true, 1])
  assert.deepEqual((await next.observe('all', SIGNAL)).rules, [RULE])
})

test('only what changes a list gives it another version', async () => {
  const { session, list } = await open()
  const changed: string[] = []
  const unwatch = list.watch((key) => changed.push(key))
  for (const change of [
    { put: [RULE], remove: [] },
    { put: [RULE], remove: [] },
    { put: [], remove: [RULE] },
    { put: [], remove: [RULE] },
  ])
    await session.apply(change, SIGNAL)
  unwatch()
  await session.apply({ put: [RULE], remove: [] }, SIGNAL)
  assert.deepEqual([changed, list.version], [[RULE.key, RULE.key], 3])
})

test('what is said of a list is a condition of the device, for as long as there is a session', async () => {
  const { session, list } = await open()
  const heard: DeviceChange[] = []
  session.onChange?.((change) => heard.push(change))
  list.say({ code: 'unserved', ok: false, words: 'too wide' })
  await session.close()
  list.say({ code: 'unserved', ok: true, words: '' })
  assert.deepEqual(heard, [{ type: 'status', code: 'unserved', ok: false, words: 'too wide' }])
})

test('a list says why it cannot have a rule', () => {
  const why = (text: string, action: Parameters<typeof filterRule>[2] = DROP) =>
    listed(filterRule('acl', parseMatchText(4, text), action))
  assert.match(String(listed(switchRule('interface-down', 'eth0'))), /no rules of kind interface-down/)
  assert.match(String(why('source=203.0.113.9/32', { do: 'rate-limit', bytesPerSecond: 1 })), /only drop/)
  for (const text of ['source=203.0.113.9/32 destination=192.0.2.0/24', 'source=203.0.113.9/32 protocol=6'])
    assert.match(String(why(text)), /a prefix at one end, and nothing more/, text)
  assert.deepEqual(listed(RULE), { rule: RULE, end: 'from', prefix: '203.0.113.9/32', family: 4 })
})
