import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { switchRule } from '../../src/domain/rule.ts'
import { AdapterError, type Session } from '../adapter.ts'
import type { NetconfConfig } from './config.ts'
import { netconfAdapter } from './index.ts'
import { type Driver, type Simulated, simulate } from './testing/simulated.ts'

const NEVER = new AbortController().signal
const PORT = { junos: 'ge-1/0/0', 'ietf-acl': 'port0' } as const

let running: Simulated | undefined
let sessions: Session[] = []

afterEach(async () => {
  await Promise.all(sessions.map((session) => session.close()))
  sessions = []
  await running?.stop()
  running = undefined
})

async function open(one: Simulated, env = one.env(), more: Partial<NetconfConfig> = {}): Promise<Session> {
  const session = await netconfAdapter.open({ ...one.config, ...more }, env)
  sessions.push(session)
  return session
}

async function isDown({ router, driver }: Simulated): Promise<boolean> {
  const [, inside = ''] =
    new RegExp(`<name>${PORT[driver]}</name>([\\s\\S]*?)</interface>`).exec(await router.control.running()) ??
    []
  return /<disable\/>|<enabled>false/.test(inside)
}

describe('switches of a router by NETCONF', () => {
  for (const driver of ['junos', 'ietf-acl'] satisfies Driver[]) {
    const rule = switchRule('interface-down', PORT[driver])

    it(`${driver}: what no new session can see is never done, and is up again`, async () => {
      running = await simulate(driver)
      const one = running
      const session = await open(one)
      await one.router.control.arm({ kind: 'refuse-logins' })
      const outcome = await session.apply({ put: [rule], remove: [] }, NEVER).then(
        (receipt) => receipt.get(rule.key),
        (error: unknown) => error,
      )
      if (outcome instanceof AdapterError) assert.notEqual(outcome.class, 'auth')
      else assert.notEqual((outcome as { result?: string }).result, 'done', JSON.stringify(outcome))
      assert.equal(await isDown(one), false)
    })

    it(`${driver}: what was put down is given back though no new session can see it`, async () => {
      running = await simulate(driver)
      const one = running
      const session = await open(one)
      assert.equal((await session.apply({ put: [rule], remove: [] }, NEVER)).get(rule.key)?.result, 'done')
      await one.router.control.arm({ kind: 'refuse-logins' })
      assert.equal((await session.apply({ put: [], remove: [rule] }, NEVER)).get(rule.key)?.result, 'done')
      assert.equal(await isDown(one), false)
      await session.close()
      await one.router.control.clear()
      assert.deepEqual((await (await open(one)).observe('all', NEVER)).rules, [])
    })

    it(`${driver}: what was put down is given back when the configuration lists no switch any more`, async () => {
      running = await simulate(driver)
      const one = running
      const env = one.env()
      const first = await open(one, env)
      assert.equal((await first.apply({ put: [rule], remove: [] }, NEVER)).get(rule.key)?.result, 'done')
      await first.close()
      const { interfaces: _, ...rest } = one.config
      const next = await netconfAdapter.open(rest, env)
      sessions.push(next)
      assert.deepEqual(
        (await next.observe('all', NEVER)).rules.map(({ key }) => key),
        [rule.key],
      )
      assert.equal((await next.apply({ put: [], remove: [rule] }, NEVER)).get(rule.key)?.result, 'done')
      assert.equal(await isDown(one), false)
    })
  }

  it('a router that knows no confirmed commit is told to take back what no new session can see', async () => {
    const profile = { base11: true, candidate: 'none', writableRunning: true, validate: true, startup: false }
    running = await simulate('ietf-acl', { profile: { ...profile, confirmedCommit: 'none' } })
    const one = running
    const session = await open(one)
    await one.router.control.arm({ kind: 'refuse-logins' })
    const rule = switchRule('interface-down', PORT['ietf-acl'])
    const outcome = (await session.apply({ put: [rule], remove: [] }, NEVER)).get(rule.key)
    assert.ok(outcome?.result === 'failed' && /taken back/.test(outcome.words), JSON.stringify(outcome))
    assert.equal(await isDown(one), false)
  })
})
