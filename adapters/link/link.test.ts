import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type SwitchRule, switchRule } from '../../src/domain/rule.ts'
import { makeNetns, type Netns, noNetns } from '../../test/helpers/netns.ts'
import { switchEnv } from '../../test/helpers/switch-env.ts'
import { type AdapterEnv, AdapterError, type DeviceChange, type Session } from '../adapter.ts'
import { linkAdapter } from './index.ts'
import { makePorts } from './testbed.ts'

const NEVER = new AbortController().signal
const PORT = switchRule('interface-down', 'port0')

interface Scene {
  readonly netns: Netns
  readonly session: Session
  readonly env: AdapterEnv
  readonly changes: DeviceChange[]
  put(...rules: SwitchRule[]): ReturnType<Session['apply']>
}

async function onPorts(run: (scene: Scene) => Promise<void>): Promise<void> {
  const netns = makeNetns()
  try {
    const interfaces = makePorts(netns.name, 'port', 2)
    const env = switchEnv('edge1')
    const session = await linkAdapter.open({ namespace: netns.name, interfaces }, env)
    const changes: DeviceChange[] = []
    session.onChange?.((change) => changes.push(change))
    const put = (...rules: SwitchRule[]) => session.apply({ put: rules, remove: [] }, NEVER)
    try {
      await run({ netns, session, env, changes, put })
    } finally {
      await session.close()
    }
  } finally {
    netns.remove()
  }
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    assert.ok(tries < 1_000, 'not within 5 s')
    await pause(5)
  }
}

describe('link', () => {
  it('takes no configuration with the loopback, a name that no interface has, or none', async () => {
    const { Value } = await import('typebox/value')
    assert.match(linkAdapter.whyUnusable?.({ interfaces: ['lo'] }) ?? '', /loopback/)
    assert.equal(linkAdapter.whyUnusable?.({ interfaces: ['eth0'] }), undefined)
    for (const interfaces of [[], ['a b'], ['-f'], ['sixteen-bytes-xx'], ['a/b'], ['eth0', 'eth0']])
      assert.ok(!Value.Check(linkAdapter.configSchema, { interfaces }), JSON.stringify(interfaces))
  })
})

describe('link on real interfaces', { skip: noNetns() }, () => {
  it('a person who brings a port up is reported once; our own changes never are', () =>
    onPorts(async ({ netns, session, changes, put }) => {
      for (let round = 0; round < 5; round += 1) {
        await put(PORT)
        await session.apply({ put: [], remove: [PORT] }, NEVER)
      }
      await put(PORT)
      await session.observe('all', NEVER)
      assert.deepEqual(changes, [])
      netns.run('ip', 'link', 'set', 'dev', 'port0', 'up')
      await until(() => changes.length > 0)
      netns.run('ip', 'link', 'set', 'dev', 'port1', 'down')
      await session.observe('all', NEVER)
      assert.deepEqual(changes, [{ type: 'seen', key: PORT.key, present: false, evidence: 'read-back' }])
    }))

  it('an interface that goes away is nobody’s, and the next one of that name is not touched', () =>
    onPorts(async ({ netns, session, changes, put }) => {
      await put(PORT)
      netns.run('ip', 'link', 'delete', 'port0')
      await until(() => changes.length > 0)
      netns.run('ip', 'link', 'add', 'port0', 'type', 'veth', 'peer', 'name', 'port1')
      assert.deepEqual((await session.observe('all', NEVER)).rules, [])
      await session.apply({ put: [], remove: [PORT] }, NEVER)
      assert.doesNotMatch(netns.run('ip', 'link', 'show', 'dev', 'port0'), /[<,]UP[,>]/)
    }))

  it('what it has down is restored even if the configuration does not list it any more', () =>
    onPorts(async ({ netns, session, env, put }) => {
      await put(PORT)
      await session.close()
      const next = await linkAdapter.open({ namespace: netns.name, interfaces: ['port2'] }, env)
      try {
        assert.deepEqual((await next.observe('all', NEVER)).rules, [PORT])
        const again = await next.apply({ put: [PORT], remove: [] }, NEVER)
        const outcome = again.get(PORT.key)
        assert.ok(outcome?.result === 'failed' && /may not touch port0/.test(outcome.words))
        await next.apply({ put: [], remove: [PORT] }, NEVER)
        assert.match(netns.run('ip', 'link', 'show', 'dev', 'port0'), /[<,]UP[,>]/)
      } finally {
        await next.close()
      }
    }))

  it('another name of an interface is refused with the right one', () =>
    onPorts(async ({ netns, env }) => {
      netns.run('ip', 'link', 'property', 'add', 'dev', 'port0', 'altname', 'museum')
      const session = await linkAdapter.open({ namespace: netns.name, interfaces: ['museum'] }, env)
      const rule = switchRule('interface-down', 'museum')
      try {
        const outcome = (await session.apply({ put: [rule], remove: [] }, NEVER)).get(rule.key)
        assert.ok(outcome?.result === 'failed' && /another name of port0/.test(outcome.words))
        assert.match(netns.run('ip', 'link', 'show', 'dev', 'port0'), /[<,]UP[,>]/)
      } finally {
        await session.close()
      }
    }))

  it('a monitor that is killed ends the session', () =>
    onPorts(async ({ netns, changes }) => {
      for (const pid of netns.pids()) process.kill(pid, 'SIGKILL')
      await until(() => changes.some((change) => change.type === 'down' && change.class === 'unreachable'))
    }))

  it('a namespace that is not there, and a memo of something else, are said', async () => {
    await assert.rejects(
      linkAdapter.open({ namespace: 'cordon-t-nosuch', interfaces: ['port0'] }, switchEnv('edge1')),
      (error) => error instanceof AdapterError && error.code === 'namespace-missing',
    )
    for (const memo of [
      'confirm until 12:00',
      '{"version":2,"found":{}}',
      '{"found":{"interface-down port0":"up"}}',
    ])
      await assert.rejects(
        linkAdapter.open({ interfaces: ['port0'] }, switchEnv('edge1', memo)),
        (error) => error instanceof AdapterError && error.code === 'bad-memo',
      )
  })
})
