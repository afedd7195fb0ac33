import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { MemoryDevice } from '../../adapters/memory/device.ts'
import { eventually } from '../../simulator/eventually.ts'
import { readPolicies } from '../../src/config/read-policies.ts'
import { DEFAULT_LIMITS } from '../../src/guards/limits.ts'
import { buildServer } from '../../src/http/server.ts'
import type { AppOptions } from '../helpers/app.ts'
import { makeApp } from '../helpers/app.ts'
import { type Client, clientOf, type Json, list, startFace } from './face.ts'

const SHIPPED = new URL('../../policies/rules', import.meta.url).pathname
const SECOND = 1_000
const SOON = 10_000

const policies = (await readPolicies(SHIPPED)).map(({ policy }) => policy)

/** For what is not about the breaker. */
const WIDE = {
  ...DEFAULT_LIMITS.breaker,
  perMinute: 1_000,
  perHour: 1_000,
  allPerMinute: 1_000,
  allPerHour: 1_000,
}

/** Machines hand over triggers here, and what comes of them is told. */
class Site {
  readonly client: Client
  readonly #machine: string
  #revision = 0

  constructor(client: Client, machine: string) {
    this.client = client
    this.#machine = machine
  }

  static async start(t: TestContext, options: AppOptions = {}): Promise<Site> {
    const client = await startFace(t, { policies, ...options })
    return new Site(client, await client.app.machine())
  }

  async another(): Promise<Site> {
    return new Site(this.client, await this.client.app.machine())
  }

  /** Of a scanner outside, unless told: it is blocked whole. */
  async say(more: object = {}): Promise<Json> {
    const [item] = await this.sayAll([more])
    assert.ok(item !== undefined)
    return item
  }

  async sayAll(triggers: readonly object[]): Promise<readonly Json[]> {
    this.#revision += 1
    const trigger = {
      ...{ id: 's-1', revision: this.#revision, kind: 'open', role: 'offender', category: 'scan' },
      ...{ target: '198.51.100.7', evidence: 'established', confidence: 1 },
      detectedAt: new Date(this.client.app.clock.now()).toISOString(),
    }
    const body = { triggers: triggers.map((more) => ({ ...trigger, ...more })) }
    return list((await this.client.send('POST', '/v1/triggers', { body, as: this.#machine })).json['items'])
  }

  async block(item: Json): Promise<Json> {
    return (await this.client.send('GET', `/v1/blocks/${String(item['block']?.['id'])}`)).json
  }

  /** What the router `edge-1` has. */
  held(): string {
    return [...(this.client.app.devices.get('edge-1')?.rules.keys() ?? [])].sort().join('\n')
  }

  holds(text: string, is = true): Promise<unknown> {
    return eventually(
      `the router ${is ? 'has' : 'has not'} ${text}`,
      SOON,
      () => this.held().includes(text) === is,
    )
  }
}

/** How other tools have failed their users, each as a test of its own. */
describe('what others have failed at', { concurrency: 2 }, () => {
  it('a second ban of what is banned extends it on the device, beyond the first deadline', async (t) => {
    const site = await Site.start(t, { pace: 8 })
    const about = { target: '198.51.100.7', category: 'listed', confidence: 1 }
    const first = await site.say({ ...about, lifetime: '15s' })
    assert.equal(first['deed'], 'began', JSON.stringify(first))
    const { until } = await site.block(first)
    await site.holds('198.51.100.7')
    assert.equal((await site.say({ ...about, lifetime: '10m' }))['deed'], 'extended')
    await eventually(
      'the first deadline is over',
      SOON,
      () => site.client.app.clock.now() > Date.parse(String(until)) + SECOND,
    )
    assert.match(site.held(), /198\.51\.100\.7/)
    assert.equal((await site.block(first))['wanted'], 'on')
  })

  it('of two reasons for one host the end of one leaves it blocked, as itself and in its network', async (t) => {
    const site = await Site.start(t)
    const two = [
      { id: 'host', target: '198.51.100.7' },
      { id: 'logins', target: '198.51.100.7', category: 'login.brute-force' },
    ]
    for (const item of await site.sayAll(two)) assert.equal(item['deed'], 'began', JSON.stringify(item))
    await site.holds('198.51.100.7')
    const [, logins] = two
    const over = await site.say({ ...logins, kind: 'close' })
    const { status } = await site.client.send('POST', `/v1/blocks/${String(over['block']?.['id'])}:release`, {
      body: {},
    })
    assert.equal(status, 200)
    await site.client.block({ target: '198.51.100.99', duration: '1h', reason: 'a marker' })
    await site.holds('198.51.100.99')
    assert.match(site.held(), /198\.51\.100\.7/)
  })

  it('a ban whose source and controller are restarted is withdrawn at its end', async (t) => {
    const devices = new Map<string, MemoryDevice>()
    const options = { policies, devices, pace: 8 }
    const before = await makeApp(options)
    const { folder } = before
    const site = new Site(
      await clientOf(before, buildServer(before, { version: '0' })),
      await before.machine(),
    )
    const item = await site.say({ category: 'listed', lifetime: '20s' })
    assert.equal(item['deed'], 'began', JSON.stringify(item))
    await site.holds('198.51.100.7')
    await before.stop()
    const app = await makeApp({ ...options, folder })
    t.after(() => app.close())
    assert.match(
      [...(devices.get('edge-1')?.rules.keys() ?? [])].join(),
      /198\.51\.100\.7/,
      'it stands meanwhile',
    )
    await eventually('it is withdrawn', SOON, () => devices.get('edge-1')?.rules.size === 0)
    assert.equal(app.ledger.head.blocks.get(Number(item['block']?.['id']))?.ending, 'expired')
  })

  it('a router that was away for 30 s is told the final state alone', async (t) => {
    let isThere = true
    const device = new MemoryDevice()
    const devices = new Map([['edge-1', device]])
    const site = await Site.start(t, {
      pace: 10,
      devices,
      reachable: () => isThere,
      limits: { breaker: WIDE },
    })
    await site.say({ id: 'stays', target: '198.51.100.1' })
    await site.holds('198.51.100.1')
    isThere = false
    device.cut('it restarts')
    const ever = new Set<string>()
    const put = device.rules.set.bind(device.rules)
    device.rules.set = (key, rule) => {
      ever.add(key)
      return put(key, rule)
    }
    const gone = site.client.app.clock.now() + 30 * SECOND
    for (let round = 0; site.client.app.clock.now() < gone; round += 1) {
      const short = {
        id: `short-${round}`,
        target: `198.51.100.${10 + (round % 100)}`,
        category: 'listed',
        lifetime: '2s',
      }
      await site.say(short)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    await site.say({ id: 'last', target: '198.51.100.2' })
    // What ends just now may still be told: only what had ended before is nobody's business any more.
    await eventually('the short ones are over', SOON, () => site.client.app.ledger.head.automatic.size === 2)
    isThere = true
    await site.holds('198.51.100.2')
    assert.deepEqual(
      [...ever].map((key) => /198\.51\.100\.\d+/.exec(key)?.[0]),
      ['198.51.100.2'],
    )
  })

  it('a /28 is blocked as a /28', async (t) => {
    const site = await Site.start(t)
    const item = await site.say({ target: '203.0.113.64/28', category: 'listed', lifetime: '1h' })
    assert.equal(item['deed'], 'began', JSON.stringify(item))
    await site.holds('203.0.113.64/28')
    assert.doesNotMatch(site.held(), /203\.0\.113\.64(?!\/28)/)
  })

  it('the whole world, own networks and loopbacks are refused, whoever presses', async (t) => {
    const site = await Site.start(t)
    const targets = [
      '0.0.0.0/0',
      '::/0',
      '0.0.0.0/1',
      '127.0.0.1',
      '127.0.0.0/8',
      '::1',
      '192.0.2.53',
      '192.0.2.0/24',
      '2001:db8::/32',
    ]
    for (const target of targets) {
      for (const category of ['listed', 'scan', 'dos.volumetric', 'host.compromised'])
        for (const role of ['offender', 'victim']) {
          const item = await site.say({
            id: `${target} ${category} ${role}`,
            target,
            category,
            role,
            lifetime: '1h',
          })
          assert.ok(
            !['began', 'proposed'].includes(String(item['deed'])),
            `${target} ${category}: ${JSON.stringify(item)}`,
          )
        }
      const pressed = { target, duration: '30m', reason: 'now', breakGlass: true, direction: 'both' }
      const { json } = await site.client.block(pressed)
      assert.notEqual(json['wanted'], 'on', `${target}: ${JSON.stringify(json)}`)
    }
    assert.equal(site.held(), '')
  })

  it('1,000 triggers in 10 s trip the breaker once, with an account of it, and leave other sources alone', async (t) => {
    const site = await Site.start(t)
    const calm = await site.another()
    const deeds = new Map<string, number>()
    for (let sent = 0; sent < 1_000; sent += 100) {
      const storm = Array.from({ length: 100 }, (_, index) => ({
        id: `storm-${sent + index}`,
        target: `203.0.${113 + ((sent + index) >> 8)}.${(sent + index) & 255}`,
      }))
      for (const { deed } of await site.sayAll(storm))
        deeds.set(String(deed), (deeds.get(String(deed)) ?? 0) + 1)
    }
    assert.deepEqual(
      [...deeds],
      [
        ['began', 10],
        ['refused', 990],
      ],
    )
    const { json } = await site.client.send('GET', '/v1/automation')
    const tripped = list(json['breakers'])
    assert.equal(tripped.length, 1)
    const { json: account } = await site.client.send('GET', '/v1/audit?kind=breaker.tripped')
    assert.equal(list(account['entries']).length, 1, JSON.stringify(account))
    assert.equal(site.client.app.ledger.head.incidents.size, 1_000, 'each is on record')
    const other = await calm.say({ id: 'other', target: '198.51.100.200' })
    assert.equal(other['deed'], 'began', JSON.stringify(other))
  })

  it('what becomes protected is released', async (t) => {
    const site = await Site.start(t)
    const item = await site.say()
    await site.holds('198.51.100.7')
    site.client.app.change((lists) => ({
      ...lists,
      protected: [...lists.protected, { prefix: '198.51.100.7/32' as never, role: 'any', name: 'partner' }],
    }))
    const { status, json } = await site.client.send('POST', '/v1/inventory:reload', { body: {} })
    assert.ok(status < 300, JSON.stringify(json))
    await site.holds('198.51.100.7', false)
    assert.equal((await site.block(item))['wanted'], 'off')
    assert.equal((await site.say({ id: 's-2' }))['deed'], 'refused')
  })

  it('packets of impossible lengths become no rule', async (t) => {
    const site = await Site.start(t)
    for (const packetLength of [99_971, 65_536, -1, [[70_000, 99_971]]]) {
      const item = await site.say({
        target: '192.0.2.80',
        role: 'victim',
        match: { protocol: 'udp', packetLength },
      })
      assert.match(JSON.stringify(item), /packetLength|packet length/i)
    }
    assert.equal(site.held(), '')
  })

  it('exercises, and records that are tests or backscatter, enforce nothing', async (t) => {
    const site = await Site.start(t)
    const simulated = await site.say({ simulated: true })
    assert.equal(simulated['deed'], 'simulated')
    const idea = {
      ...{ Format: 'IDEA0', ID: 'x-1', DetectTime: '2026-01-01T00:00:00Z', Confidence: 1 },
      Source: [{ IP4: ['198.51.100.7'], Proto: ['tcp'] }],
      Target: [{ IP4: ['192.0.2.80'], Proto: ['tcp'], Port: [22] }],
      Node: [{ Name: 'x', Type: ['Connection', 'Honeypot'] }],
    }
    const machine = await site.client.app.machine()
    const post = async (more: object) =>
      (await site.client.send('POST', '/v1/triggers/idea', { body: [{ ...idea, ...more }], as: machine }))
        .json
    const tested = await post({ Category: ['Recon.Scanning', 'Test'] })
    assert.deepEqual(
      list(tested['items']).map(({ deed }) => String(deed)),
      ['simulated', 'simulated'],
    )
    const scattered = {
      ID: 'x-2',
      Category: ['Availability.DDoS'],
      Source: [{ IP4: ['198.51.100.7'], Type: ['Backscatter'] }],
    }
    assert.deepEqual(list((await post(scattered))['items']), [])
    assert.equal(site.held(), '')
  })
})
