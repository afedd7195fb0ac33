import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { after, afterEach, before, describe, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { eventually } from '../../simulator/eventually.ts'
import { speakerOf } from '../../simulator/site.ts'
import type { Client, Controller } from '../helpers/controller.ts'
import { noNrenSite, raiseNren } from '../helpers/nren-site.ts'
import { chance, type Random, seeded } from '../helpers/random.ts'
import type { RoutersSite } from '../helpers/routers-site.ts'
import { speakerPid } from './backbone-holds.ts'
import { between, type Trouble, troublesOf } from './storm-faults.ts'
import { blackholes, CONFIGURED, entryOf, heldByLinux, LINUX, type Victim } from './storm-routers.ts'
import { Watch } from './storm-watch.ts'
import { surely } from './surely.ts'

/** How many storms; the figures of docs/benchmarks.md had 20 of 1,000 blocks in ten seconds. */
const STORMS = Number(process.env['CORDON_STORMS'] ?? 1)
const BLOCKS = Number(process.env['CORDON_STORM_BLOCKS'] ?? 300)
const FIRST = Number(process.env['CORDON_SEED'] ?? 1)
/** For figures: a file to which a line of JSON is appended for each. */
const TABLE = process.env['CORDON_TABLE']

const A_SECOND = 100
const LASTS = (1_000 * BLOCKS) / A_SECOND
const TROUBLES = LASTS / 250
const RELEASED = 0.3
const SETTLED_MS = 30_000

/** A person's own entry in a container of ours; Junos and IOS have no mark by which it could be told from ours. */
const BY_HAND: Victim = { direction: 'from', address: '198.51.100.77' }

const ACCESS_LISTS = [...CONFIGURED.map(({ name }) => name), LINUX]
const DEVICES = [...ACCESS_LISTS, 'borders']

const PLACEMENTS = [
  { name: 'from', when: { direction: ['from'] }, use: uses(ACCESS_LISTS, 'acl') },
  {
    ...{ name: 'to', when: { direction: ['to'] } },
    use: [...uses(ACCESS_LISTS, 'acl'), ...uses(['borders'], 'd-rtbh')],
  },
]

function uses(devices: readonly string[], as: string) {
  return devices.map((device) => ({ device, as }))
}

interface Standing extends Victim {
  readonly id: number
}

/** A block of one storm: a host elsewhere, or one of the site's. */
function victim(random: Random, storm: number, index: number): Victim {
  const [high, low] = [index >> 8, index & 255]
  return chance(random, 0.5)
    ? { direction: 'from', address: `11.${storm}.${high}.${low}` }
    : { direction: 'to', address: `2001:db8:103::${storm.toString(16)}:${(index + 1).toString(16)}` }
}

describe(`blocks by the hundred while routers fail, ${STORMS} times`, { skip: noNrenSite() }, () => {
  let site: RoutersSite
  let controller: Controller

  before(async () => {
    site = await raiseNren('storm', {
      placements: PLACEMENTS,
      login: { maxEntries: 2_000, lookEvery: 5 },
      more: (lab) => [speakerOf(lab, { name: 'borders', routers: ['border-bird', 'border-flow'] })],
      over: { limits: { wide: { ownHostsInADay: 1_000_000 } } },
    })
    for (const { name, byHand } of CONFIGURED) {
      await site.cordon('provision', 'device', name, '--apply')
      await site.control(name).edit(byHand('add', BY_HAND))
    }
    controller = await site.start(DEVICES)
  })
  after(() => site?.dispose())

  test('one router of five that lets nobody in is named, and the others have the block', async () => {
    const edge = site.control('edge-ios')
    await edge.arm({ kind: 'refuse-logins' })
    await edge.cut()
    const about: Victim = { direction: 'to', address: '2001:db8:103::ffff' }
    const { id } = await controller.client.block({ target: about.address, direction: 'to', duration: '1h' })
    const partial = await eventually('four of five to have it', SETTLED_MS, async () => {
      const block = await controller.client.show(id)
      return block.holdings.filter(({ inForce }) => inForce).length === 3 && block
    })
    assert.equal(partial.standing, 'partial')
    const lacking = partial.holdings.filter(({ inForce }) => !inForce)
    assert.deepEqual(
      lacking.map(({ device }) => device),
      ['edge-ios'],
    )
    await eventually('the router to be named, with the reason', SETTLED_MS, async () => {
      const { error } = await controller.client.device('edge-ios')
      return error?.class === 'auth'
    })
    const held = await blackholes(site)
    assert.deepEqual(
      [...held].map(([router, hosts]) => [router, [...hosts]]),
      ['border-bird', 'border-flow'].map((router) => [router, [about.address]]),
    )
    await edge.clear()
    await eventually('all five to have it', SETTLED_MS, async () => {
      const { standing } = await controller.client.show(id)
      return standing === 'in-force'
    })
  })

  for (let storm = FIRST; storm < FIRST + STORMS; storm += 1)
    test(`storm ${storm}: in the end routers have what is blocked, and nobody was told otherwise`, async (t) => {
      await newSpeaker()
      const before = await configurations()
      const random = seeded(storm)
      const weather = { random: seeded(`troubles ${storm}`), lasts: LASTS, troubles: TROUBLES, older: before }
      const troubles = troublesOf(site, weather)
      const watch = new Watch(site, controller.client)
      const over = new AbortController()
      const watching = watch.until(over.signal)
      const begun = performance.now()
      const blocking = blockMany(controller.client, { random, storm, watch })
      blocking.catch(() => undefined)
      const happening = Promise.all(troubles.map((trouble) => happen(trouble, watch)))
      const settling = happening.then(async () => {
        const standing = await blocking
        const ended = performance.now()
        await settled(standing, t.name)
        return { standing, seconds: (ended - begun) / 1_000, settledMs: performance.now() - ended }
      })
      settling.finally(() => over.abort()).catch(() => undefined)
      const [{ standing, seconds, settledMs }] = await Promise.all([settling, watching])
      await watch.look()
      note({ storm, seconds, settledMs, checked: watch.checked, troubles })
      assert.deepEqual(watch.lies, [])
      assert.ok(settledMs <= SETTLED_MS)
      await enforced(standing)
      await unharmed(before)
    })

  afterEach(async () => {
    const active = await surely(() => controller.client.list('active=true'))
    await Promise.all(active.map(({ id }) => surely(() => controller.client.release(id))))
    await settled([], 'everything to be gone')
  })

  /** ExaBGP waits longer for a peer each time that it was lost, up to a minute, until it is started anew. */
  async function newSpeaker(): Promise<void> {
    const old = speakerPid(site.lab, 'borders')
    process.kill(old, 'SIGKILL')
    await eventually('another speaker', SETTLED_MS, async () => {
      const { state, conditions } = await controller.client.device('borders')
      return (
        state === 'ready' && speakerPid(site.lab, 'borders') !== old && Object.keys(conditions).length === 0
      )
    })
  }

  async function configurations(): Promise<ReadonlyMap<string, string>> {
    const texts = CONFIGURED.map(async ({ name }) => [name, await site.control(name).running()] as const)
    return new Map(await Promise.all(texts))
  }

  async function happen({ at, router, loses, run }: Trouble, watch: Watch): Promise<void> {
    await pause(at)
    await (loses ? watch.losing(router, run) : run())
  }

  /** Asks for them at an even pace, and for the end of some of them soon after. */
  async function blockMany(
    client: Client,
    { random, storm, watch }: { random: Random; storm: number; watch: Watch },
  ): Promise<Standing[]> {
    const standing: Standing[] = []
    const begun = performance.now()
    const one = async (index: number): Promise<void> => {
      const about = victim(random, storm, index)
      const isReleased = chance(random, RELEASED)
      const later = between(random, 0, 1_500)
      await pause(Math.max(0, (index * 1_000) / A_SECOND - (performance.now() - begun)))
      const { address: target, direction } = about
      const key = randomUUID()
      const { id, wanted } = await surely(() => client.block({ target, direction, duration: '1h' }, 0, key))
      assert.equal(wanted, 'on')
      if (!isReleased) {
        standing.push({ ...about, id })
        return
      }
      await pause(later)
      watch.releasing(id)
      await surely(() => client.release(id))
    }
    await Promise.all(Array.from({ length: BLOCKS }, (_, index) => one(index)))
    return standing
  }

  /** Waits until every router is configured with what is blocked, and nothing else. */
  async function settled(standing: readonly Standing[], what: string): Promise<void> {
    const wanted = new Set([entryOf(BY_HAND), ...standing.map(entryOf)])
    const spoken = new Set(
      standing.filter(({ direction }) => direction === 'to').map(({ address }) => address),
    )
    const amiss = async (): Promise<string[]> => {
      const running = await configurations()
      const held = await blackholes(site)
      return [
        ...differences(LINUX, new Set(standing.map(entryOf)), await heldByLinux(site)),
        ...CONFIGURED.flatMap(({ name, entries }) =>
          differences(name, wanted, entries(running.get(name) ?? '')),
        ),
        ...[...held].flatMap(([router, hosts]) => differences(router, spoken, hosts)),
      ]
    }
    await eventually(what, SETTLED_MS, async () => (await amiss()).length === 0, 50).catch(async () => {
      const devices = await Promise.all(DEVICES.map((name) => controller.client.device(name)))
      assert.deepEqual((await amiss()).slice(0, 20), [], JSON.stringify(devices))
    })
  }

  /** Packets of every block are dropped, and Cordon says so. */
  async function enforced(standing: readonly Standing[]): Promise<void> {
    for (const { name, packet } of CONFIGURED)
      for (const about of standing) {
        const { dropped } = await site.control(name).judge(packet(about))
        assert.ok(dropped, `${name} lets ${entryOf(about)} through`)
      }
    await eventually('Cordon to say so', SETTLED_MS, async () =>
      (await controller.client.list('active=true')).every(({ standing: said }) => said === 'in-force'),
    )
  }

  async function unharmed(before: ReadonlyMap<string, string>): Promise<void> {
    const now = await configurations()
    for (const { name, rest } of CONFIGURED)
      assert.equal(rest(now.get(name) ?? ''), rest(before.get(name) ?? ''))
  }
})

function differences(router: string, wanted: ReadonlySet<string>, held: ReadonlySet<string>): string[] {
  return [
    ...[...wanted].filter((one) => !held.has(one)).map((one) => `${router} lacks ${one}`),
    ...[...held].filter((one) => !wanted.has(one)).map((one) => `${router} has ${one} too much`),
  ]
}

interface Storm {
  readonly storm: number
  readonly seconds: number
  readonly settledMs: number
  readonly checked: number
  readonly troubles: readonly Trouble[]
}

function note({ troubles, ...rest }: Storm): void {
  const happened = troubles.map(({ what, router, at }) => `${at} ms: ${what} at ${router}`)
  if (TABLE !== undefined) appendFileSync(TABLE, `${JSON.stringify({ ...rest, happened })}\n`)
}
