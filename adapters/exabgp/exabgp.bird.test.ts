import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type Bird, type BirdOptions, birdc, noBird, startBird, until } from '../../test/helpers/bird.ts'
import type { Session } from '../adapter.ts'
import { findExecutable } from '../transport/child.ts'
import type { ExabgpConfig, NeighbourConfig } from './config.ts'
import { exampleConfig, hosts, NEVER, rtbh, type Testbed, testbed } from './testbed.ts'

const skip = noBird() || (findExecutable('exabgp') === undefined ? 'exabgp is not installed' : false)
function noNamespaces(): string | false {
  return process.getuid?.() === 0 ? false : 'network namespaces need root'
}

type Rules = ReturnType<typeof rtbh>[]

interface Pair {
  readonly bird: Bird
  readonly bed: Testbed
  readonly config: ExabgpConfig
}

async function withPair(
  run: (pair: Pair) => Promise<void>,
  options: BirdOptions = {},
  neighbour: Partial<NeighbourConfig> = {},
): Promise<void> {
  const bed = testbed('right-key')
  const bird = await startBird(options)
  try {
    const [one] = exampleConfig().neighbours
    assert.ok(one)
    const config = exampleConfig({
      neighbours: [{ ...one, address: bird.address, port: bird.port, ...neighbour }],
      peerWithin: 3_000,
    })
    await run({ bird, bed, config })
  } finally {
    await bed.dispose()
    await bird.dispose()
  }
}

const put = (session: Session, rules: Rules) => session.apply({ put: rules, remove: [] }, NEVER)
const remove = (session: Session, rules: Rules) => session.apply({ put: [], remove: rules }, NEVER)
const holds = (bird: Bird, count: number) => until(async () => (await bird.routes()).size === count, 20_000)

/** In batches as the engine sends them: two of 500 under way. */
async function inBulk(rules: Rules, apply: (batch: Rules) => Promise<unknown>): Promise<void> {
  let at = 0
  const lane = async (): Promise<void> => {
    while (at < rules.length) {
      const batch = rules.slice(at, at + 500)
      at += 500
      await apply(batch)
    }
  }
  await Promise.all([lane(), lane()])
}

const speakerPid = (bed: Testbed) => Number(readFileSync(join(bed.folder, 'speaker.pid'), 'utf8'))

describe('exabgp and bird', { skip }, () => {
  it('rules of both families become blackholes and go again; slots merge and part', () =>
    withPair(async ({ bird, bed, config }) => {
      const session = await bed.open(config)
      const [local, upstream] = [rtbh('203.0.113.1'), rtbh('203.0.113.1', 'upstream:geant')]
      await put(session, [local, upstream, rtbh('2001:db8::/64')])
      await holds(bird, 2)
      const routes = await bird.routes()
      assert.ok([...routes.values()].every(({ dest }) => dest === 'blackhole'))
      const all = ['20965:666', '65010:911', '65535:65281', '65535:666']
      assert.deepEqual(routes.get('203.0.113.1/32')?.communities.sort(), all)
      await remove(session, [local])
      await until(async () => (await bird.routes()).get('203.0.113.1/32')?.communities.length === 2)
      await remove(session, [upstream, rtbh('2001:db8::/64')])
      await holds(bird, 0)
    }))

  it('a slot that changes back and forth within a moment ends as told last', () =>
    withPair(async ({ bird, bed, config }) => {
      const session = await bed.open(config)
      await until(() => bed.reported('peer-down:r1', true))
      const rules = hosts(30)
      const upstream = rules.map((rule) => rtbh(rule.prefix, 'upstream:geant'))
      await put(session, rules)
      for (let round = 0; round < 5; round += 1) {
        const others = hosts(5, 20 + round)
        await Promise.all([put(session, others), remove(session, rules), put(session, rules)])
        await Promise.all([put(session, upstream), remove(session, upstream), remove(session, others)])
      }
      await holds(bird, 30)
      const communities = [...(await bird.routes()).values()].map((route) => route.communities.length)
      assert.deepEqual(new Set(communities), new Set([3]))
    }))

  it('a controller that is killed leaves the speaker, and the next one takes it over', () =>
    withPair(async ({ bird, bed, config }) => {
      const script = `import { exabgpAdapter } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)}
import { rtbh, NEVER } from ${JSON.stringify(new URL('./testbed.ts', import.meta.url).href)}
const after = (ms, run) => { const t = setTimeout(run, ms); return () => clearTimeout(t) }
const quiet = () => {}
const session = await exabgpAdapter.open(${JSON.stringify(config)}, { device: 'speaker', runtimeFolder: ${JSON.stringify(bed.folder)},
  clock: { now: Date.now, monotonic: () => performance.now(), after }, log: { debug: quiet, info: quiet, warn: quiet, error: quiet } })
await session.apply({ put: [rtbh('203.0.113.1'), rtbh('203.0.113.1', 'upstream:geant'), rtbh('2001:db8::1')], remove: [] }, NEVER)
process.kill(process.pid, 'SIGKILL')`
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        stdio: 'inherit',
      })
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'])
      const pid = speakerPid(bed)
      const session = await bed.open(config)
      assert.equal(speakerPid(bed), pid)
      const observed = await session.observe('all', NEVER)
      assert.deepEqual(observed.rules.map((rule) => rule.key).sort(), [
        'd-rtbh local 2001:db8::1/128',
        'd-rtbh local 203.0.113.1/32',
        'd-rtbh upstream:geant 203.0.113.1/32',
      ])
      await holds(bird, 2)
      await remove(session, [rtbh('203.0.113.1')])
      await until(async () => (await bird.routes()).get('203.0.113.1/32')?.communities.length === 2)
    }))

  it('routes stand while a killed speaker is replaced; what is not announced again is swept', () =>
    withPair(async ({ bird, bed, config }) => {
      const first = await bed.open(config)
      await put(first, [rtbh('203.0.113.1'), rtbh('203.0.113.2'), rtbh('2001:db8::1')])
      await first.settled?.()
      await holds(bird, 3)
      process.kill(speakerPid(bed), 'SIGKILL')
      await until(() => bed.reported('speaker-down', false))
      assert.equal((await bird.routes()).size, 3)
      await first.close()
      const second = await bed.open(config)
      assert.deepEqual((await second.observe('all', NEVER)).rules, [])
      await put(second, [rtbh('203.0.113.1'), rtbh('2001:db8::1')])
      await until(
        () => bed.changes.filter((c) => c.type === 'status' && c.code === 'peer-down:r1' && c.ok).length > 1,
      )
      assert.equal((await bird.routes()).size, 3)
      await second.settled?.()
      await holds(bird, 2)
      assert.ok(!(await bird.routes()).has('203.0.113.2/32'))
    }))

  it('the helper dies: ExaBGP keeps its routes and tells what it has, communities too', () =>
    withPair(async ({ bird, bed, config }) => {
      const session = await bed.open(config)
      await put(session, [rtbh('203.0.113.1'), rtbh('203.0.113.1', 'upstream:geant'), rtbh('2001:db8::1')])
      const children = readFileSync(`/proc/${speakerPid(bed)}/task/${speakerPid(bed)}/children`, 'utf8')
      process.kill(Number(children.trim()), 'SIGKILL')
      await until(() => bed.reported('helper-down', false))
      await session.close()
      const next = await bed.open(config)
      const observed = await next.observe('all', NEVER)
      assert.deepEqual(observed.rules, [])
      assert.equal(observed.uncertain.length, 3)
      await next.apply(
        { put: [rtbh('2001:db8::1')], remove: [rtbh('203.0.113.1'), rtbh('203.0.113.1', 'upstream:geant')] },
        NEVER,
      )
      await holds(bird, 1)
    }))

  it('a neighbour that goes is reported, and has everything when it is back', () =>
    withPair(async ({ bird, bed, config }) => {
      const session = await bed.open(config)
      await put(session, hosts(20))
      await holds(bird, 20)
      await bird.stop('SIGKILL')
      await until(() => bed.reported('peer-down:r1', false))
      await remove(session, hosts(5))
      bed.changes.length = 0
      await bird.start()
      await until(() => bed.reported('peer-down:r1', true), 20_000)
      await holds(bird, 15)
    }))

  it('a wrong MD5 key makes no event, and is reported after a while', () =>
    withPair(
      async ({ bed, config }) => {
        const session = await bed.open({ ...config, peerWithin: 1_500 })
        await until(() => bed.reported('peer-silent:r1', false))
        assert.ok(!JSON.stringify(bed.changes).includes('right-key'))
        await session.close()
      },
      { password: 'another-key' },
      { md5: 'file:key' },
    ))

  it('the right MD5 key comes up', () =>
    withPair(
      async ({ bed, config }) => {
        await bed.open(config)
        await until(() => bed.reported('peer-down:r1', true))
      },
      { password: 'right-key' },
      { md5: 'file:key' },
    ))

  it('GTSM: a router that checks the TTL takes our session, and none with another TTL', async () => {
    const [one] = exampleConfig().neighbours
    assert.ok(one)
    const { ttl: _, ...near } = one
    for (const [more, expected] of [
      [{ ...near, gtsm: true }, true],
      [{ ...near, ttl: 254 }, false],
      [near, false],
    ] as const)
      await withPair(
        async ({ bird, bed, config }) => {
          const neighbours = [{ ...more, address: bird.address, port: bird.port, holdTime: 6 }]
          const session = await bed.open({ ...config, neighbours, peerWithin: 1_500 })
          await put(session, [rtbh('203.0.113.1')])
          if (expected) return holds(bird, 1)
          // What is sent before the router has begun to check may pass, so that the session looks up from here until
          // the router has waited for its hold time.
          await until(
            () => ['peer-silent:r1', 'peer-down:r1'].some((code) => bed.reported(code, false)),
            20_000,
          )
          assert.doesNotMatch(await birdc(bird.socket, 'show protocols cordon'), /Established/)
          assert.equal((await bird.routes()).size, 0)
        },
        { gtsm: true },
      )
  })

  it('both in a network namespace: the sockets of files reach into it', {
    skip: noNamespaces(),
  }, async () => {
    const namespace = `cordon-${process.pid}`
    execFileSync('ip', ['netns', 'add', namespace])
    try {
      execFileSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])
      await withPair(
        async ({ bird, bed, config }) => {
          const session = await bed.open({ ...config, namespace })
          await put(session, [rtbh('203.0.113.1'), rtbh('2001:db8::1')])
          await holds(bird, 2)
        },
        { namespace },
      )
    } finally {
      execFileSync('ip', ['netns', 'delete', namespace])
    }
  })

  it('ten thousand come and go, and an urgent one is not far behind', () =>
    withPair(async ({ bird, bed, config }) => {
      const session = await bed.open(config)
      await until(() => bed.reported('peer-down:r1', true))
      const rules = hosts(10_000)
      await inBulk(rules, (batch) => put(session, batch))
      await holds(bird, 10_000)
      const bulk = inBulk(rules, (batch) => remove(session, batch))
      const begin = performance.now()
      await put(session, [rtbh('203.0.113.9')])
      const behind = performance.now() - begin
      await bulk
      await holds(bird, 1)
      assert.ok(behind < 1_000, `${behind} ms behind two batches`)
    }))
})
