import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { followLeases } from '../../src/app/leases.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { BindingsUnavailable } from '../../src/inventory/binding-book.ts'
import type { AddressRange, LeaseRule } from '../../src/inventory/inventory.ts'
import type { AppOptions } from '../helpers/app.ts'
import { type Client, list, type Reply, startFace } from './face.ts'

const PC = '02:00:5e:10:00:01'
const OTHER = '02:00:5e:10:00:02'
const HOUR = 3_600_000
const BLOCK = { reason: 'scans', duration: '1h' }

interface Cast extends Client {
  readonly ann: string
  /** RFC 3339, so many milliseconds from now. */
  at(ms: number): string
  feed(lines: readonly string[]): Promise<Reply>
}

/** A site of which 10.10.3.0/24 is given out by DHCP. */
async function cast(t: TestContext, lease: LeaseRule = 'follow', options: AppOptions = {}): Promise<Cast> {
  const client = await startFace(t, options)
  const { app, send } = client
  const range: AddressRange = { prefix: parsePrefix('10.10.3.0/24'), kind: 'dhcp', users: 1, lease }
  app.change((lists) => ({ ...lists, addresses: [...lists.addresses, range] }))
  assert.equal((await send('POST', '/v1/inventory:reload')).status, 200)
  const ann = await app.person('Ann', ['analyst'])
  return {
    ...client,
    ann,
    at: (ms) => new Date(app.clock.now() + ms).toISOString(),
    feed: (lines) => send('POST', '/v1/bindings:import?format=csv&source=dhcp', text(lines)),
  }
}

const text = (lines: readonly string[]) => ({
  body: ['address,from,until,mac', ...lines].join('\n'),
  headers: { 'content-type': 'text/csv' },
})

const has = (c: Cast, host: number, mac: string, from: number, until?: number): string =>
  `10.10.3.${host},${c.at(from)},${until === undefined ? '' : c.at(until)},${mac}`

const shown = (c: Cast, made: Reply): Promise<Reply> => c.send('GET', `/v1/blocks/${String(made.json['id'])}`)
const codes = (reply: Reply): string[] => list(reply.json['refusals']).map(({ code }) => String(code))

test('a feed counts at once, and whoever reads it is on record before', async (t) => {
  const c = await cast(t)
  const taken = await c.feed([has(c, 7, PC, -HOUR), has(c, 7, OTHER, -3 * HOUR, -2 * HOUR)])
  assert.deepEqual(taken.json, { taken: true, bindings: 2, passedOver: 0, problems: [] })
  const now = await c.send('GET', '/v1/bindings?address=10.10.3.7', { as: c.ann })
  assert.deepEqual(
    list(now.json['bindings']).map(({ mac }) => String(mac)),
    [PC],
  )
  const then = await c.send('GET', `/v1/bindings?address=10.10.3.7&at=${c.at(-2.5 * HOUR)}`, { as: c.ann })
  assert.deepEqual(
    list(then.json['bindings']).map(({ mac }) => String(mac)),
    [OTHER],
  )
  const device = await c.send('GET', '/v1/bindings?mac=02-00-5E-10-00-01', { as: c.ann })
  assert.equal(list(device.json['bindings']).length, 1)
  const reads = await c.send('GET', '/v1/audit?kind=reads')
  const about = list(reads.json['entries']).map(({ what, about }) => `${String(what)}: ${String(about)}`)
  assert.equal(about.filter((one) => one.startsWith('bindings: ')).length, 3)
  assert.ok(about.includes(`bindings: mac ${PC}`), about.join('; '))
})

test('who is bound to departments hears of their addresses alone, and feeds nothing', async (t) => {
  const c = await cast(t)
  const bound = await c.app.person('Eve', ['analyst', 'admin'], ['physics'])
  const status = async (query: string): Promise<number> =>
    (await c.send('GET', `/v1/bindings?${query}`, { as: bound })).status
  assert.deepEqual(
    [await status('address=10.10.1.7'), await status('address=10.10.2.7'), await status(`mac=${PC}`)],
    [200, 403, 403],
  )
  const feed = await c.send('POST', '/v1/bindings:import?format=csv&source=x', { ...text([]), as: bound })
  assert.equal(feed.status, 403)
})

test('a feed with a bad line is refused with its line, and nothing of it counts', async (t) => {
  const c = await cast(t)
  const refused = await c.feed([has(c, 7, PC, -HOUR), `10.10.3.8,yesterday,,${PC}`])
  assert.deepEqual([String(refused.json['taken']), refused.json['bindings']], ['false', 0])
  assert.deepEqual(
    list(refused.json['problems']).map(({ line }) => line),
    [3],
  )
  assert.equal(list((await c.send('GET', '/v1/bindings?address=10.10.3.7')).json['bindings']).length, 0)
  const json = await c.send('POST', '/v1/bindings:import?format=csv&source=x', { body: {} })
  assert.deepEqual([json.status, String(json.json['code'])], [415, 'media-type'])
  const twice = await c.send('GET', `/v1/bindings?address=10.10.3.7&mac=${PC}`)
  assert.match(String(twice.json['detail']), /one of address, mac and user/)
})

test('a detection is about whoever had the address then, and follows them', async (t) => {
  const c = await cast(t)
  await c.feed([has(c, 7, PC, -2 * HOUR, -HOUR), has(c, 7, OTHER, -HOUR), has(c, 9, PC, -HOUR)])
  const made = await c.block({ ...BLOCK, target: '10.10.3.7', detectedAt: c.at(-1.5 * HOUR) }, { as: c.ann })
  assert.equal(made.status, 201, made.text)
  assert.equal(String(made.json['target']), '10.10.3.9/32')
  assert.deepEqual(String(made.json['lease']?.['address']), '10.10.3.7/32')
  const now = await c.block({ ...BLOCK, target: '10.10.3.7' }, { as: c.ann })
  assert.equal(String(now.json['target']), '10.10.3.7/32', 'without a time, who has it now is meant')
  const planned = await c.send('POST', '/v1/blocks:dryRun', {
    body: { ...BLOCK, target: '10.10.3.7', detectedAt: c.at(-1.5 * HOUR) },
  })
  assert.equal(String(planned.json['target']), '10.10.3.9/32', 'a dry run says so beforehand')
  assert.equal(String(planned.json['lease']?.['address']), '10.10.3.7/32')
  assert.ok(!planned.text.includes(PC), 'and not who it is')
})

test('nobody is blocked for what somebody else did', async (t) => {
  const c = await cast(t, 'flag')
  await c.feed([has(c, 7, PC, -2 * HOUR, -HOUR), has(c, 7, OTHER, -HOUR), has(c, 9, PC, -HOUR)])
  const refusalOf = async (more: object): Promise<string[]> => {
    const reply = await c.block({ ...BLOCK, target: '10.10.3.7', ...more })
    assert.equal(reply.status, 422, reply.text)
    return codes(reply)
  }
  assert.deepEqual(await refusalOf({ detectedAt: c.at(-1.5 * HOUR) }), ['binding-moved'])
  assert.deepEqual(await refusalOf({ detectedAt: c.at(-HOUR + 2_000) }), ['binding-ambiguous'])
  await c.feed([has(c, 20, PC, -4 * HOUR, -3 * HOUR), has(c, 20, OTHER, -3 * HOUR)])
  const exact = { detectedAt: c.at(-HOUR + 2_000), clockError: '1s' }
  assert.equal((await c.block({ ...BLOCK, target: '10.10.3.7', ...exact })).status, 201)
})

test('a port tells who it was behind a NAT', async (t) => {
  const c = await cast(t)
  const lines = [
    'address,from,user,fromPort,toPort',
    `10.10.3.1,${c.at(-HOUR)},ann@example.org,1024,2047`,
    `10.10.3.1,${c.at(-HOUR)},bob@example.org,2048,4095`,
  ].join('\n')
  const headers = { 'content-type': 'text/csv' }
  await c.send('POST', '/v1/bindings:import?format=csv&source=nat', { body: lines, headers })
  const target = { ...BLOCK, target: '10.10.3.1', detectedAt: c.at(-60_000) }
  assert.deepEqual(codes(await c.block(target)), ['binding-ambiguous'])
  const made = await c.block({ ...target, detectedPort: 3000 })
  assert.equal(made.status, 201, made.text)
})

for (const [words, body, path] of [
  ['a time to come', { detectedAt: '2100-01-01T00:00:00Z' }, 'detectedAt'],
  ['no time', { detectedAt: 'yesterday' }, 'detectedAt'],
  ['an error without a time', { clockError: '5s' }, 'detectedAt'],
  ['a clock that is wrong by a day', { detectedAt: '2026-01-01T00:00:00Z', clockError: '1d' }, 'clockError'],
] as const)
  test(`a detection with ${words} is refused with its field`, async (t) => {
    const c = await cast(t)
    const reply = await c.block({ ...BLOCK, target: '10.10.3.7', ...body })
    assert.deepEqual([reply.status, String(reply.json['path'])], [400, path], reply.text)
  })

test('a block goes with its device when that has another address', async (t) => {
  const c = await cast(t)
  await c.feed([has(c, 7, PC, -HOUR, HOUR)])
  const made = await c.block({ ...BLOCK, target: '10.10.3.7', duration: '3h' }, { as: c.ann })
  await ruleIs(c, '10.10.3.7', true)
  c.app.skip(HOUR + 60_000)
  await c.feed([has(c, 9, PC, -30_000)])
  await ruleIs(c, '10.10.3.9', true)
  await ruleIs(c, '10.10.3.7', false)
  const block = await shown(c, made)
  assert.deepEqual([String(block.json['target']), block.json['flag']], ['10.10.3.9/32', undefined])
  const found = await c.send('GET', '/v1/explain?target=10.10.3.9')
  assert.match(found.text, new RegExp(`Cordon#${String(made.json['id'])}`), 'it is found where it is now')
  const history = await c.send('GET', `/v1/blocks/${String(made.json['id'])}/history`)
  assert.ok(list(history.json['events']).some(({ type }) => String(type) === 'moved'))
})

test('where the site says so, or a guard is against it, a person is told and the block stays', async (t) => {
  const flagged = await cast(t, 'flag')
  await flagged.feed([has(flagged, 7, PC, -HOUR, 10_000)])
  const one = await flagged.block({ ...BLOCK, target: '10.10.3.7' })
  flagged.app.skip(20_000)
  await flagged.feed([has(flagged, 9, PC, -1)])
  await flagIs(flagged, one, /another address/)
  await flagged.feed([has(flagged, 7, PC, -1)])
  await flagIs(flagged, one, /other addresses as well/)

  const guarded = await cast(t)
  guarded.app.change((lists) => ({
    ...lists,
    addresses: [{ prefix: parsePrefix('10.10.3.0/24'), kind: 'dhcp', users: 1, lease: 'follow' }],
    protected: [...lists.protected, { prefix: parsePrefix('10.10.3.9/32'), role: 'any', name: 'dialysis' }],
  }))
  await guarded.send('POST', '/v1/inventory:reload')
  await guarded.feed([has(guarded, 7, PC, -HOUR, 10_000)])
  const two = await guarded.block({ ...BLOCK, target: '10.10.3.7' })
  guarded.app.skip(20_000)
  await guarded.feed([has(guarded, 9, PC, -1)])
  await flagIs(guarded, two, /dialysis/)
  assert.equal(String((await shown(guarded, two)).json['target']), '10.10.3.7/32')
})

test('somebody else at the address is flagged, and a feed that knows too little changes nothing', async (t) => {
  const c = await cast(t)
  await c.feed([has(c, 7, PC, -HOUR, 10_000)])
  const made = await c.block({ ...BLOCK, target: '10.10.3.7' })
  c.app.skip(20_000)
  await c.feed([has(c, 8, OTHER, -1)])
  await followLeases(c.app)
  assert.equal((await shown(c, made)).json['flag'], undefined, 'a late feed is no reason to let go')
  await c.feed([has(c, 7, OTHER, -1)])
  await flagIs(c, made, /somebody else has the address/)
})

test('a bad feed does not carry many blocks elsewhere', async (t) => {
  const c = await cast(t, 'follow', { limits: { plan: { entries: 3, share: 0.1 } } })
  const hosts = [1, 2, 3, 4, 5]
  const mac = (host: number): string => `02:00:5e:10:01:0${host}`
  await c.feed(hosts.map((host) => has(c, host, mac(host), -HOUR, 50)))
  const made = await Promise.all(
    hosts.map((host) => c.block({ ...BLOCK, target: `10.10.3.${host}` }, { as: c.ann })),
  )
  c.app.skip(100)
  await c.feed(hosts.map((host) => has(c, host + 100, mac(host), -1)))
  for (const one of made) {
    await flagIs(c, one, /too many blocks/)
    assert.match(String((await shown(c, one)).json['target']), /^10\.10\.3\.\d\/32$/)
  }
})

test('bad feeds do not do so one block at a time either', async (t) => {
  const c = await cast(t, 'follow', { limits: { plan: { entries: 2, share: 0.1 } } })
  const hosts = [1, 2, 3, 4]
  const mac = (host: number): string => `02:00:5e:10:01:0${host}`
  await c.feed(hosts.map((host) => has(c, host, mac(host), -HOUR, 10_000)))
  const ask = { ...BLOCK, duration: '4h' }
  const made: Reply[] = []
  for (const host of hosts) made.push(await c.block({ ...ask, target: `10.10.3.${host}` }, { as: c.ann }))
  c.app.skip(20_000)
  for (const host of hosts) {
    await c.feed([has(c, host + 100, mac(host), -1)])
    await followLeases(c.app)
  }
  const targets = async (): Promise<string[]> =>
    Promise.all(made.map(async (one) => String((await shown(c, one)).json['target'])))
  assert.deepEqual(await targets(), ['10.10.3.101/32', '10.10.3.102/32', '10.10.3.3/32', '10.10.3.4/32'])
  await flagIs(c, made.at(2) as Reply, /too many blocks .*within an hour/)
})

test('while it cannot be told who had an address, no block of one is made, and others are', async (t) => {
  const c = await cast(t)
  const unavailable = async () => {
    throw new BindingsUnavailable('a file is damaged')
  }
  Object.assign(c.app.leases.book, { moved: unavailable, at: unavailable })
  const reply = await c.block({ ...BLOCK, target: '10.10.3.7' })
  assert.deepEqual([reply.status, String(reply.json['code'])], [503, 'bindings-unavailable'])
  assert.equal((await c.block({ ...BLOCK, target: '10.10.4.7' })).status, 201)
  const batch = await c.send('POST', '/v1/blocks:batch', {
    body: {
      blocks: [
        { ...BLOCK, target: '10.10.3.8' },
        { ...BLOCK, target: '10.10.4.8' },
      ],
    },
    headers: { 'idempotency-key': 'batch' },
  })
  assert.deepEqual(
    list(batch.json['items']).map(({ status }) => status),
    [503, 201],
  )
})

async function ruleIs(c: Cast, address: string, there: boolean): Promise<void> {
  await until(
    async () => {
      const rules = [...(c.app.devices.get('edge-1')?.rules.keys() ?? [])]
      return rules.some((rule) => rule.includes(`${address}/32`)) === there
    },
    `${address} ${there ? 'blocked' : 'free'}`,
  )
}

async function flagIs(c: Cast, made: Reply, words: RegExp): Promise<void> {
  let flag = ''
  await until(
    async () => {
      flag = String((await shown(c, made)).json['flag'])
      return words.test(flag)
    },
    `a flag like ${String(words)}, the last being ${flag}`,
  )
}

async function until(is: () => Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + 5_000
  while (!(await is())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
