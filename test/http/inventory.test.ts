import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { InventoryUnusable } from '../../src/app/site.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import type { InventoryLists } from '../../src/inventory/inventory.ts'
import { type Client, list, type Reply, startFace } from './face.ts'

const WIDE = { target: 'department:physics', reason: 'worm', duration: '1h' }

interface Cast extends Client {
  readonly ann: string
  readonly bob: string
}

async function cast(t: TestContext): Promise<Cast> {
  const client = await startFace(t)
  return {
    ...client,
    ann: await client.app.person('Ann', ['analyst', 'admin']),
    bob: await client.app.person('Bob', ['approver']),
  }
}

/** Physics with these prefixes instead of its own. */
function physics(...prefixes: string[]) {
  return (lists: InventoryLists): InventoryLists => ({
    ...lists,
    departments: lists.departments.map((one) =>
      one.name === 'physics' ? { ...one, prefixes: prefixes.map(parsePrefix) } : one,
    ),
  })
}

function protecting(prefix: string, name: string) {
  return (lists: InventoryLists): InventoryLists => ({
    ...lists,
    protected: [...lists.protected, { prefix: parsePrefix(prefix), role: 'any', name }],
  })
}

const reload = ({ send, ann }: Cast, body: object = {}): Promise<Reply> =>
  send('POST', '/v1/inventory:reload', { body, as: ann })

async function blocked(c: Cast, body: object = WIDE): Promise<string> {
  const asked = await c.block(body, { as: c.ann })
  const id = String(asked.json['id'])
  if (String(asked.json['wanted']) === 'proposed') await agree(c, id)
  await rulesAre(c, (rules) => rules.length > 0)
  return id
}

async function agree(c: Cast, id: string): Promise<Reply> {
  const digest = String((await c.send('GET', `/v1/blocks/${id}/plan`)).json['digest'])
  const agreed = await c.send('POST', `/v1/blocks/${id}:approve`, { as: c.bob, body: { digest } })
  assert.equal(agreed.status, 200, agreed.text)
  return agreed
}

/** Waits until the rules on a device are as said. */
async function rulesAre(
  { app }: Client,
  are: (rules: readonly string[]) => boolean,
): Promise<readonly string[]> {
  const end = performance.now() + 5_000
  for (;;) {
    const rules = [...(app.devices.get('edge-1')?.rules.keys() ?? [])].sort()
    if (are(rules)) return rules
    if (performance.now() > end) throw new Error(`edge-1 holds ${rules.join('; ')}`)
    await pause(5)
  }
}

const names = (rules: readonly string[], prefix: string): boolean =>
  rules.some((rule) => rule.includes(prefix))

test('a department that shrinks is let go at once where it is no more', async (t) => {
  const c = await cast(t)
  const id = await blocked(c)
  c.app.change(physics('10.10.1.0/25'))
  const loaded = await reload(c)
  assert.equal(loaded.status, 200, loaded.text)
  const [effect] = list(loaded.json['effects'])
  assert.deepEqual([String(effect?.['name']), String(effect?.['kind'])], [`Cordon#${id}`, 'covers'])
  await rulesAre(c, (rules) => names(rules, '10.10.1.0/25') && !names(rules, '10.10.1.0/24'))
  const shown = await c.send('GET', `/v1/blocks/${id}`)
  assert.deepEqual(list(shown.json['covers']), ['10.10.1.0/25'])
  c.app.change(physics('10.10.1.0/24'))
  await reload(c)
  await rulesAre(c, (rules) => names(rules, '10.10.1.0/24') && !names(rules, '10.10.1.0/25'))
})

test('a department that grows is asked about, and covers more when another person agrees', async (t) => {
  const c = await cast(t)
  const id = await blocked(c)
  c.app.change(physics('10.10.1.0/24', '10.10.7.0/24'))
  await reload(c)
  const shown = await c.send('GET', `/v1/blocks/${id}`)
  assert.deepEqual([String(shown.json['wanted']), list(shown.json['covers'])], ['on', ['10.10.1.0/24']])
  assert.match(String(list(shown.json['proposal']?.['asks'])[0]), /grown/)
  assert.equal(names(await rulesAre(c, (rules) => rules.length > 0), '10.10.7.0/24'), false)
  const until = shown.json['until']
  const agreed = await agree(c, id)
  assert.deepEqual(list(agreed.json['covers']), ['10.10.1.0/24', '10.10.7.0/24'])
  assert.deepEqual(agreed.json['until'], until, 'it lasts no longer by that')
  await rulesAre(c, (rules) => names(rules, '10.10.7.0/24') && names(rules, '10.10.1.0/24'))
})

test('growth that is declined leaves the block as it was', async (t) => {
  const c = await cast(t)
  const id = await blocked(c)
  c.app.change(physics('10.10.1.0/24', '10.10.7.0/24'))
  await reload(c)
  const declined = await c.send('POST', `/v1/blocks/${id}:decline`, { as: c.bob })
  assert.deepEqual([String(declined.json['wanted']), declined.json['proposal']], ['on', undefined])
})

test('what is protected now is carved out of a prefix, and ends the block of a host', async (t) => {
  const c = await cast(t)
  const host = await blocked(c, { target: '10.10.3.9', reason: 'x', duration: '1h' })
  const wide = await blocked(c, { target: '10.10.3.0/28', reason: 'x', duration: '1h' })
  c.app.change(protecting('10.10.3.9/32', 'dialysis'))
  const planned = await c.send('POST', '/v1/inventory:plan', { body: {} })
  assert.deepEqual(
    list(planned.json['effects']).map(({ name, kind }) => [String(name), String(kind)]),
    [
      [`Cordon#${host}`, 'ends'],
      [`Cordon#${wide}`, 'covers'],
    ],
  )
  assert.equal(
    String((await c.send('GET', `/v1/blocks/${host}`)).json['wanted']),
    'on',
    'planning changes nothing',
  )
  await reload(c)
  const ended = await c.send('GET', `/v1/blocks/${host}`)
  assert.equal(String(ended.json['ending']), 'released')
  await rulesAre(
    c,
    (rules) => rules.length > 0 && !names(rules, '10.10.3.9/32') && !names(rules, '10.10.3.0/28'),
  )
  const left = await c.send('GET', `/v1/blocks/${wide}`)
  assert.equal(list(left.json['covers']).includes('10.10.3.9/32' as never), false)
  const history = await c.send('GET', `/v1/blocks/${host}/history`)
  assert.match(history.text, /dialysis/)
})

test('a file that cannot be used keeps the old inventory and says the line', async (t) => {
  const c = await cast(t)
  c.app.change(() => {
    throw new InventoryUnusable(["cordon.yaml:12:5: site.departments.0.prefixes.0: 'x' is not an address"])
  })
  const refused = await reload(c)
  assert.deepEqual([refused.status, String(refused.json['code'])], [422, 'inventory-unusable'])
  assert.match(String(refused.json['detail']), /cordon.yaml:12:5/)
  const shown = await c.send('GET', '/v1/inventory')
  assert.match(String(list(shown.json['failed']?.['problems'])[0]), /cordon.yaml:12:5/)
  assert.equal(c.app.inventory.departments.has('physics'), true)
})

test('what would let many blocks go waits for a person, and is protected meanwhile', async (t) => {
  const c = await cast(t)
  const ids: string[] = []
  for (let host = 1; host <= 12; host += 1)
    ids.push(await blocked(c, { target: `10.10.4.${host}`, reason: 'x', duration: '1h' }))
  c.app.change(protecting('10.10.4.0/24', 'new hospital'))
  const asks = await reload(c)
  assert.deepEqual([asks.status, String(asks.json['code'])], [409, 'inventory-asks'])
  assert.equal(String((await c.send('GET', `/v1/blocks/${ids[0]}`)).json['wanted']), 'on')
  const refused = await c.block({ target: '10.10.4.99', reason: 'x', duration: '1h' }, { as: c.ann })
  assert.equal(String(list(refused.json['refusals'])[0]?.['code']), 'protected')
  const waits = await c.send('GET', '/v1/inventory')
  const digest = String(waits.json['asks']?.['digest'])
  assert.equal((await reload(c, { agree: 'something else' })).status, 409)
  const agreed = await reload(c, { agree: digest })
  assert.equal(agreed.status, 200, agreed.text)
  await rulesAre(c, (rules) => rules.length === 0)
})

test('what stays reachable for those who are blocked moves with the inventory, also twice in a moment', async (t) => {
  const c = await cast(t)
  await blocked(c)
  const reaching = (prefix: string) => (lists: InventoryLists) => ({
    ...lists,
    reachable: [{ name: 'portal', prefix: parsePrefix(prefix) }],
  })
  c.app.change(reaching('198.51.100.1/32'))
  const first = reload(c)
  await first
  c.app.change(reaching('198.51.100.2/32'))
  const second = reload(c)
  c.app.change(reaching('198.51.100.3/32'))
  await Promise.all([second, reload(c)])
  const rules = await rulesAre(c, (all) => all.every((rule) => rule.includes('except=198.51.100.3/32')))
  assert.equal(rules.length, 2, 'nothing of the lists before is left')
})

test('what a restart finds is compared with what the ledger says', async (t) => {
  const c = await cast(t)
  c.app.change(physics('10.10.1.0/25'))
  const first = await reload(c)
  const again = await reload(c)
  assert.deepEqual([first.status, again.status], [200, 200])
  assert.equal(list(again.json['changes']).length, 0, 'the second time nothing is new')
  assert.equal(c.app.ledger.head.inventory, String(again.json['digest']))
})

test('a plan names the hosts that are known in it, and whom to write to; not to those whom it does not concern', async (t) => {
  const c = await cast(t)
  c.app.change((lists) => ({
    ...lists,
    contacts: [{ name: 'help', mail: 'help@physics.example.org', phone: '+420 1' }],
    hosts: [
      { name: 'www.example.org', address: parsePrefix('10.10.1.10') },
      { name: 'ftp.example.org', address: parsePrefix('10.10.2.10') },
    ],
    departments: lists.departments.map((one) =>
      one.name === 'physics' ? { ...one, contacts: ['help'] } : one,
    ),
  }))
  await reload(c)
  const dryRun = (target: string, as = c.ann) =>
    c.send('POST', '/v1/blocks:dryRun', { body: { ...WIDE, target }, as })
  const { affected } = (await dryRun('department:physics')).json
  assert.deepEqual(JSON.parse(JSON.stringify(affected)), {
    knownHosts: 1,
    hosts: [{ name: 'www.example.org', address: '10.10.1.10/32' }],
    contacts: [
      {
        of: 'department physics',
        why: 'contacts of department physics',
        people: [{ name: 'help', mail: 'help@physics.example.org', phone: '+420 1' }],
      },
    ],
  })
  const bound = await c.app.person('Eve', ['analyst'], ['physics'])
  assert.equal((await dryRun('10.10.2.10', bound)).json['affected'], undefined)
})
