import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { readMatch } from '../../src/domain/match.ts'
import { DROP, filterRule, switchRule } from '../../src/domain/rule.ts'
import { NetconfTalk } from '../../test/helpers/netconf-talk.ts'
import { AdapterError, type Check } from '../adapter.ts'
import type { NetconfConfig } from './config.ts'
import { netconfAdapter } from './index.ts'
import { type Simulated, simulate } from './testing/simulated.ts'

const NEVER = new AbortController().signal
const BARE = {
  junos: [
    'set interfaces ge-0/0/0 unit 0 family inet address 203.0.113.1/26',
    'set interfaces ge-0/0/0 unit 0 family inet6 address 2001:db8:101::1/64',
    'set interfaces ge-0/0/1 unit 0 family inet filter input SITE',
    'set firewall family inet filter SITE term all then accept',
  ].join('\n'),
  'ietf-acl': '',
}

let running: Simulated | undefined

afterEach(async () => {
  await running?.stop()
  running = undefined
})

async function bare(driver: 'junos' | 'ietf-acl', options: object = {}): Promise<Simulated> {
  running = await simulate(driver, { ...options })
  await running.router.control.reboot(BARE[driver])
  return running
}

function configOf({ config }: Simulated, filterOn: string[]): NetconfConfig {
  const { interfaces: _, ...rest } = config
  return { ...rest, filterOn }
}

function install(one: Simulated, filterOn: string[]) {
  return netconfAdapter.install?.(configOf(one, filterOn), one.env(), NEVER)
}

async function check(one: Simulated, filterOn: string[], more: object = {}): Promise<readonly Check[]> {
  return (await netconfAdapter.check?.({ ...configOf(one, filterOn), ...more }, one.env(), NEVER)) ?? []
}

const FAMILIES = [
  ['203.0.113.99', 'ge-0/0/0'],
  ['2001:db8:101::99', 'ge-0/0/0'],
] as const

describe('provisioning by NETCONF', () => {
  for (const driver of ['junos', 'ietf-acl'] as const)
    it(`${driver}: installs all of it, lets everything pass, and then nothing is lacking`, async () => {
      const one = await bare(driver)
      const place = driver === 'junos' ? 'ge-0/0/0.0' : 'eth0'
      const first = await install(one, [place])
      assert.ok(first !== undefined && first.done.length > 2)
      assert.deepEqual(first.byHand, [])
      for (const [address] of FAMILIES) assert.equal(await one.drops('source', address), false, address)
      assert.deepEqual(await install(one, [place]), { done: [], byHand: [] })
      const session = await netconfAdapter.open(configOf(one, [place]), one.env())
      try {
        const rules = FAMILIES.map(([address]) =>
          filterRule('acl', readMatch(address.includes(':') ? 6 : 4, { source: address }), DROP),
        )
        await session.apply({ put: rules, remove: [] }, NEVER)
        for (const [address] of FAMILIES) {
          assert.equal(await one.drops('source', address), true, address)
          assert.equal(await one.drops('destination', address), false, address)
        }
      } finally {
        await session.close()
      }
      const found = await check(one, [place])
      assert.deepEqual(
        found.filter(({ ok }) => !ok),
        [],
      )
      assert.deepEqual(
        found.map(({ what }) => what),
        ['reach', 'host-key', 'login', 'rights', 'containers', 'capacity', 'clock'],
      )
    })

  it('what it prints for Junos, typed by a person, is what it would install', async () => {
    const one = await bare('junos')
    const [printed] =
      netconfAdapter.provision?.(configOf(one, ['ge-0/0/0.0']), {
        ...{ device: 'core1', own: [], protected: [], urpf: false },
      }) ?? []
    const text = printed?.texts.get('junos')?.() ?? ''
    const lines = text.split('\n').filter((line) => line.startsWith('set '))
    await one.router.control.edit(lines.join('\n'))
    assert.deepEqual(await install(one, ['ge-0/0/0.0']), { done: [], byHand: [] })
    const [, off = ''] = /configure private; (.*); commit/.exec(text) ?? []
    await one.router.control.edit('set policy-options prefix-list CORDON-4-FROM 203.0.113.99/32')
    assert.equal(await one.drops('source', '203.0.113.99'), true)
    await one.router.control.edit(off.split('; ').join('\n'))
    assert.equal(await one.drops('source', '203.0.113.99'), false, 'after the kill switch')
    assert.equal(await one.drops('source', '203.0.113.98'), false)
  })

  it('leaves a filter that is somebody’s where it is, and says what to do', async () => {
    const one = await bare('junos')
    const found = await install(one, ['ge-0/0/1.0', 'ge-9/9/9.0'])
    assert.match(
      found?.byHand.join('\n') ?? '',
      /ge-0\/0\/1\.0 has the input filter SITE: delete .*set .*\[ CORDON-4 SITE \]/,
    )
    assert.match(found?.byHand.join('\n') ?? '', /ge-9\/9\/9\.0 is not configured/)
    assert.match(await one.router.control.running(), /<input>\s*<filter-name>SITE</)
  })

  it('a filter of ours that somebody has changed is not written over', async () => {
    const one = await bare('junos')
    await install(one, ['ge-0/0/0.0'])
    await one.router.control.edit('set firewall family inet filter CORDON-4 term to then accept')
    const found = await install(one, ['ge-0/0/0.0'])
    assert.deepEqual(found?.done, [])
    assert.match(found?.byHand.join() ?? '', /the terms of filter CORDON-4 are not Cordon's/)
    const containers = (await check(one, ['ge-0/0/0.0'])).find(({ what }) => what === 'containers')
    assert.equal(containers?.ok, false)
  })

  it('a filter of ours that somebody has changed is put on no interface', async () => {
    const one = await bare('junos')
    await one.router.control.edit('set firewall family inet filter CORDON-4 term all then discard')
    const found = await install(one, ['ge-0/0/0.0'])
    assert.match(found?.byHand.join() ?? '', /the terms of filter CORDON-4 are not Cordon's/)
    assert.equal(await one.drops('source', '203.0.113.99'), false)
  })

  it('what a person has locked is not touched', async () => {
    const one = await bare('junos')
    await one.router.control.lock('ada')
    await assert.rejects(
      async () => install(one, ['ge-0/0/0.0']),
      (error) => error instanceof AdapterError && error.class === 'locked',
    )
    assert.doesNotMatch(await one.router.control.running(), /CORDON/)
  })

  it('what no new session can see is taken back by the router', async () => {
    const one = await bare('ietf-acl')
    await one.router.control.arm({ kind: 'false-ok' })
    await assert.rejects(async () => install(one, ['eth0']), /still lacks/)
    const talk = await NetconfTalk.open({ port: one.router.port, password: 'correct horse battery' })
    try {
      const cancel = '<cancel-commit><persist-id>cordon-r1</persist-id></cancel-commit>'
      assert.notEqual(await talk.outcome(cancel), 'ok', 'nothing is left to be confirmed')
    } finally {
      talk.leave()
    }
  })

  it('on Junos what no new session can see is taken away at once: our next commit would confirm it', async () => {
    const one = await bare('junos')
    const env = one.env()
    let asked = 0
    const secret = async (name: string): Promise<string> => {
      asked += 1
      // The login of the session that installs; whoever comes to look is not let in.
      return asked === 1 ? await env.secret(name) : 'wrong'
    }
    const installed = netconfAdapter.install?.(configOf(one, ['ge-0/0/0.0']), { ...env, secret }, NEVER)
    await assert.rejects(
      async () => installed,
      (error) => error instanceof AdapterError && error.code === 'taken-back',
    )
    const filterThatAccepts = /<filter>\s*<name>CORDON-\d-ACCEPT<[\s\S]*?<\/filter>/g
    const running = (await one.router.control.running()).replaceAll(filterThatAccepts, '')
    assert.doesNotMatch(running, /CORDON/)
  })

  it('a neighbour of Junos is put down and given back as it was', async () => {
    const one = await bare('junos')
    const neighbour = 'upstream/192.0.2.249'
    await one.router.control.edit('set protocols bgp group upstream neighbor 192.0.2.249 peer-as 64500')
    const config = { ...configOf(one, []), neighbours: [neighbour] }
    const session = await netconfAdapter.open(config, one.env())
    const rule = switchRule('neighbour-down', neighbour)
    const isDown = async (): Promise<boolean> =>
      /<neighbor inactive="inactive">/.test(await one.router.control.running())
    try {
      const outcome = (await session.apply({ put: [rule], remove: [] }, NEVER)).get(rule.key)
      assert.equal(outcome?.result, 'done', JSON.stringify(outcome))
      assert.ok(await isDown())
      await session.apply({ put: [], remove: [rule] }, NEVER)
      assert.ok(!(await isDown()))
    } finally {
      await session.close()
    }
    for (const [name, why] of [
      ['192.0.2.249', /GROUP\/ADDRESS/],
      ['upstream/nobody', /GROUP\/ADDRESS/],
    ] as const)
      assert.match(netconfAdapter.whyUnusable?.({ ...config, neighbours: [name] }) ?? '', why)
  })

  it('a check says what is wrong, and tries nothing behind it', async () => {
    const one = await bare('junos')
    const { hostKeys } = one.config
    const last = async (more: object): Promise<Check | undefined> => (await check(one, [], more)).at(-1)
    assert.deepEqual(
      [(await last({ hostKeys: [] }))?.what, (await last({ hostKeys: [] }))?.ok],
      ['host-key', false],
    )
    await one.router.control.arm({ kind: 'refuse-logins' })
    assert.equal((await last({ hostKeys }))?.what, 'login')
    await one.router.control.clear()
    await one.router.control.arm({ kind: 'clock-offset', ms: 300_000 })
    const all = await check(one, [])
    assert.deepEqual(
      all.filter(({ ok }) => !ok).map(({ what }) => what),
      ['containers', 'clock'],
    )
    assert.match(all.at(-1)?.words ?? '', /(299|300) s ahead of ours/)
    await one.stop()
    assert.equal((await last({}))?.what, 'reach')
  })
})
