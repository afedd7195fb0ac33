import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { readMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { blackholeRule, DROP, filterRule, type Scope } from '../../src/domain/rule.ts'
import { type Bird, birdc, noBird, startBird, until } from '../../test/helpers/bird.ts'
import { witnessEnv } from '../../test/helpers/witnessed-router.ts'
import type { Seen, WitnessSession } from '../witness.ts'
import { birdWitness } from './index.ts'

type Config = Parameters<typeof birdWitness.open>[0]

const rtbh = (prefix: string, scope: Scope = 'local') => blackholeRule('d-rtbh', parsePrefix(prefix), scope)

/** Blackholes that come and go with `birdc enable` and `disable`, and a route that is none. */
const SWITCHED = `
protocol static hole4 { disabled; ipv4; route 203.0.113.1/32 blackhole; route 203.0.112.0/24 blackhole; }
protocol static hole6 { disabled; ipv6; route 2001:db8::1/128 blackhole; }
protocol static plain { ipv4 { preference 50; }; route 203.0.113.2/32 unreachable; route 203.0.113.3/32 blackhole; }
protocol static better { disabled; ipv4; route 203.0.113.3/32 prohibit; }
protocol static many { disabled; ipv4; ${Array.from({ length: 600 }, (_, i) => `route 10.0.${i >> 8}.${i & 255}/32 blackhole;`).join(' ')} }
`

interface Scene {
  readonly session: WitnessSession
  readonly bird: Bird
  readonly seen: Seen[]
  readonly troubles: (string | undefined)[]
  watch(present: boolean, ...rules: ReturnType<typeof rtbh>[]): void
}

async function onBird(run: (scene: Scene) => Promise<void>, more: Partial<Config> = {}): Promise<void> {
  const bird = await startBird({ extra: SWITCHED })
  const session = await birdWitness.open({ socket: bird.socket, interval: 200, ...more }, witnessEnv())
  const seen: Seen[] = []
  const troubles: (string | undefined)[] = []
  session.onTrouble((words) => troubles.push(words))
  const watch = (present: boolean, ...rules: ReturnType<typeof rtbh>[]): void =>
    session.watch(
      rules.map((rule) => ({ rule, present })),
      (one) => seen.push(one),
    )
  try {
    await run({ session, bird, seen, troubles, watch })
  } finally {
    await session.close()
    await bird.dispose()
  }
}

const texts = (seen: readonly Seen[]) => seen.map(({ key, present }) => `${key} ${present}`).sort()

describe('bird witness', { skip: noBird() }, () => {
  it('sees blackholes come and go, in both families, and reports each change once', () =>
    onBird(async ({ bird, seen, watch }) => {
      const [four, six] = [rtbh('203.0.113.1'), rtbh('2001:db8::1')]
      watch(true, four, six)
      await birdc(bird.socket, 'enable hole4')
      await birdc(bird.socket, 'enable hole6')
      await until(() => seen.length === 2)
      assert.deepEqual(texts(seen), [`${six.key} true`, `${four.key} true`])
      await birdc(bird.socket, 'disable hole4')
      await until(() => seen.length === 3)
      assert.deepEqual(seen[2], { key: four.key, present: false })
      watch(false, six)
      await birdc(bird.socket, 'disable hole6')
      await until(() => seen.length === 4)
      assert.deepEqual(seen[3], { key: six.key, present: false })
    }))

  it('asks for as many at once as BIRD can take: more would end the connection, again and again', () =>
    onBird(async ({ bird, seen, troubles, watch }) => {
      await birdc(bird.socket, 'enable many')
      watch(true, ...Array.from({ length: 199 }, (_, i) => rtbh(`10.0.${i >> 8}.${i & 255}`)))
      await until(() => seen.length === 199)
      await birdc(bird.socket, 'disable many')
      await until(() => seen.length === 398)
      assert.deepEqual(
        troubles.filter((words) => words !== undefined),
        [],
      )
    }))

  it('the exact prefix, the best route and a blackhole: nothing less counts', () =>
    onBird(async ({ bird, seen, watch }) => {
      watch(true, rtbh('203.0.113.2'), rtbh('203.0.112.0/25'), rtbh('203.0.113.3'))
      await until(() => seen.length === 1)
      assert.equal(seen[0]?.key, 'd-rtbh local 203.0.113.3/32')
      await birdc(bird.socket, 'enable better')
      await birdc(bird.socket, 'enable hole4')
      await until(() => seen.length === 2)
      assert.deepEqual(seen[1], { key: 'd-rtbh local 203.0.113.3/32', present: false })
      watch(false, rtbh('203.0.113.2'), rtbh('203.0.112.0/25'))
      await until(() => seen.length === 4)
    }))

  it("another protocol's blackhole proves nothing when one is named", () =>
    onBird(
      async ({ seen, watch }) => {
        watch(false, rtbh('203.0.113.3'))
        await until(() => seen.length === 1)
        assert.equal(seen[0]?.present, false)
      },
      { protocol: 'hole4' },
    ))

  it('many at once', () =>
    onBird(async ({ bird, seen, watch }) => {
      const rules = Array.from({ length: 600 }, (_, i) => rtbh(`10.0.${i >> 8}.${i & 255}`))
      watch(true, ...rules)
      await birdc(bird.socket, 'enable many')
      await until(() => seen.length === 600)
      assert.ok(seen.every(({ present }) => present))
    }))

  it('a rule that leaves a slot to another rule counts as gone; the other one is still there', () =>
    onBird(async ({ bird, seen, watch }) => {
      const [local, upstream] = [rtbh('203.0.113.1'), rtbh('203.0.113.1', 'upstream:x')]
      await birdc(bird.socket, 'enable hole4')
      watch(true, local, upstream)
      await until(() => seen.length === 2)
      watch(false, local)
      await until(() => seen.length === 3)
      assert.deepEqual(seen[2], { key: local.key, present: false })
    }))

  it('what is forgotten, and what no table can show, is not reported', () =>
    onBird(async ({ bird, session, seen, watch }) => {
      const flow = filterRule('flow', readMatch(4, { destination: '203.0.113.1' }), DROP)
      session.watch([{ rule: flow, present: true }], (one) => seen.push(one))
      watch(true, rtbh('203.0.113.1'), rtbh('2001:db8::1'))
      session.forget(['d-rtbh local 203.0.113.1/32'])
      await birdc(bird.socket, 'enable hole4')
      await birdc(bird.socket, 'enable hole6')
      await until(() => seen.length === 1)
      assert.equal(seen[0]?.key, 'd-rtbh local 2001:db8::1/128')
    }))

  it('a restart of BIRD is trouble until it is back, and everything is looked at again', () =>
    onBird(async ({ bird, seen, troubles, watch }) => {
      await birdc(bird.socket, 'enable hole4')
      watch(true, rtbh('203.0.113.1'))
      await until(() => seen.length === 1)
      await bird.stop('SIGKILL')
      await until(() => troubles.length > 0 && troubles.at(-1) !== undefined)
      assert.equal(seen.length, 1, 'trouble is no sight')
      await bird.start()
      await until(() => troubles.at(-1) === undefined)
      await until(() => seen.length === 2)
      assert.equal(seen[1]?.present, false)
    }))
})

describe('bird witness without a BIRD', () => {
  const troubleAt = async (socket: string, words: RegExp): Promise<void> => {
    const session = await birdWitness.open({ socket }, witnessEnv())
    const troubles: (string | undefined)[] = []
    session.onTrouble((text) => troubles.push(text))
    try {
      await until(() => troubles.length > 0)
      assert.match(troubles[0] ?? '', words)
    } finally {
      await session.close()
    }
  }

  it('a missing socket', () => troubleAt('/tmp/no-such-bird.ctl', /does not exist: is BIRD running/))

  it('somebody else on the socket', async () => {
    const folder = mkdtempSync('/tmp/cordon-nobird-')
    const path = join(folder, 'x.sock')
    const server = createServer((socket) => socket.end('hello\n0404 nobody\n')).listen(path)
    try {
      await troubleAt(path, /not BIRD/)
    } finally {
      server.close()
      rmSync(folder, { recursive: true })
    }
  })
})
