import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import { switchRule } from '../../src/domain/rule.ts'
import { type Bird, birdc, noBird, startBird, until } from '../../test/helpers/bird.ts'
import { switchEnv } from '../../test/helpers/switch-env.ts'
import { AdapterError, type DeviceChange, type Session } from '../adapter.ts'
import { birdNeighbourAdapter } from './index.ts'
import { isLater } from './panel.ts'

const NEVER = new AbortController().signal
const MUSEUM = switchRule('neighbour-down', 'museum')

/** Two BIRDs that speak to each other: this one, and the site's. */
const PEERING = `protocol bgp museum {
  local 127.0.0.2 port 20110 as 65020; neighbor 127.0.0.3 port 20111 as 65030; multihop;
  ipv4 { import all; export none; };
}`
const SITE = `protocol static prefixes { ipv4; route 198.51.100.0/24 blackhole; }
protocol bgp uplink {
  local 127.0.0.3 port 20111 as 65030; neighbor 127.0.0.2 port 20110 as 65020; multihop;
  connect delay time 1; connect retry time 1; error wait time 1, 1;
  ipv4 { import none; export where source = RTS_STATIC; };
}`

interface Scene {
  readonly bird: Bird
  readonly session: Session
  readonly changes: DeviceChange[]
}

async function onPeering(run: (scene: Scene) => Promise<void>): Promise<void> {
  const bird = await startBird({ extra: PEERING })
  const site = await startBird({ address: '127.0.0.3', extra: SITE })
  const config = { socket: bird.socket, protocols: ['museum'], interval: 50 }
  const session = await birdNeighbourAdapter.open(config, switchEnv('edge2'))
  const changes: DeviceChange[] = []
  session.onChange?.((change) => changes.push(change))
  try {
    await until(async () => (await bird.routes()).has('198.51.100.0/24'), 20_000)
    await run({ bird, session, changes })
  } finally {
    await session.close()
    await Promise.all([bird.dispose(), site.dispose()])
  }
}

const put = (session: Session) => session.apply({ put: [MUSEUM], remove: [] }, NEVER)

/** A slow BIRD may still be on the way when the receipt is given. */
async function putDown(session: Session): Promise<void> {
  await put(session)
  await until(async () => (await session.observe('all', NEVER)).rules.length === 1)
}

const isTakenBack = (change: DeviceChange): boolean => change.type === 'seen' && !change.present
const hasRoute = async (bird: Bird): Promise<boolean> => (await bird.routes()).has('198.51.100.0/24')

describe('a neighbour of a BIRD', { skip: noBird() }, () => {
  it('loses its session and its routes, and has them again afterwards', () =>
    onPeering(async ({ bird, session, changes }) => {
      const receipt = await put(session)
      assert.deepEqual(receipt.get(MUSEUM.key), { result: 'done', evidence: 'read-back' })
      assert.equal(await hasRoute(bird), false)
      await session.apply({ put: [], remove: [MUSEUM] }, NEVER)
      await until(() => hasRoute(bird), 20_000)
      assert.deepEqual(changes, [])
    }))

  it('that comes up because BIRD has read its file was brought up by nobody, but by `enable` it was', () =>
    onPeering(async ({ bird, session, changes }) => {
      for (let round = 1; round <= 3; round += 1) {
        await putDown(session)
        const told = changes.length
        assert.match(await birdc(bird.socket, 'configure'), /Reconfig/)
        await until(() => changes.slice(told).some(({ type }) => type === 'resync'))
        assert.ok(!changes.some(isTakenBack), JSON.stringify(changes))
        assert.deepEqual((await session.observe('all', NEVER)).rules, [])
        await until(() => hasRoute(bird), 20_000)
      }
      await putDown(session)
      const told = changes.length
      await birdc(bird.socket, 'enable museum')
      await until(() => changes.slice(told).some(isTakenBack))
      assert.ok(!changes.slice(told).some(({ type }) => type === 'resync'), JSON.stringify(changes))
    }))

  it('a BIRD that ends is told at once', () =>
    onPeering(async ({ bird, changes }) => {
      await bird.stop('SIGKILL')
      await until(() => changes.some(({ type }) => type === 'down'))
    }))
})

test('the time at which BIRD has read its file wavers, and says so only when it is another', () => {
  const at = (time: string): string => ` Last reconfiguration on 2026-11-22 ${time}`
  assert.equal(isLater(at('12:00:00.004'), at('12:00:00.001')), false)
  assert.equal(isLater(at('12:00:00.001'), at('12:00:00.020')), false)
  assert.equal(isLater(at('12:00:01.001'), at('12:00:00.001')), true)
  assert.equal(isLater(at('12:00'), at('12:00')), false)
  assert.equal(isLater(at('12:01'), at('12:00')), true)
})

describe('a BIRD that is not there', () => {
  it('is unreachable, with the path in the words', () =>
    assert.rejects(
      birdNeighbourAdapter.open(
        { socket: '/tmp/no-such-bird.ctl', protocols: ['museum'] },
        switchEnv('edge2'),
      ),
      (error) => error instanceof AdapterError && /no-such-bird.*is BIRD running/.test(error.message),
    ))
})
