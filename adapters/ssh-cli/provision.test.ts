import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import type { RunningRouter } from '../../simulator/configured/router.ts'
import { readMatch } from '../../src/domain/match.ts'
import { DROP, filterRule } from '../../src/domain/rule.ts'
import { AdapterError, type Check } from '../adapter.ts'
import { loginEnv } from '../configured/testing/login-env.ts'
import type { SshCliConfig } from './config.ts'
import { sshCliAdapter } from './index.ts'
import { INSIDE, iosConfig, OUTSIDE, SECRETS, startIos } from './testing/ios-bench.ts'

const NEVER = new AbortController().signal
const BARE = 'hostname r1\nend\n'

let router: RunningRouter | undefined

afterEach(async () => {
  await router?.stop()
  router = undefined
})

async function bare(configuration = BARE): Promise<RunningRouter> {
  router = await startIos()
  await router.control.reboot(configuration)
  return router
}

const configOf = (one: RunningRouter, filterOn: string[]): SshCliConfig => ({ ...iosConfig(one), filterOn })
const install = (one: RunningRouter, filterOn: string[]) =>
  sshCliAdapter.install?.(configOf(one, filterOn), loginEnv(SECRETS), NEVER)
const check = async (one: RunningRouter, filterOn: string[], more: object = {}): Promise<readonly Check[]> =>
  (await sshCliAdapter.check?.({ ...configOf(one, filterOn), ...more }, loginEnv(SECRETS), NEVER)) ?? []

async function isDropped(one: RunningRouter, source: string, at = OUTSIDE): Promise<boolean> {
  const destination = source.includes(':') ? '2001:db8:9::9' : '203.0.113.9'
  return (await one.control.judge({ in: at, source, destination, protocol: 17 })).dropped
}

describe('provisioning of ios', () => {
  it('installs all of it, lets everything pass, and then nothing is lacking', async () => {
    const one = await bare()
    const first = await install(one, [OUTSIDE])
    assert.equal(first?.done.length, 5, JSON.stringify(first))
    assert.match(first.byHand.join(), /write memory/)
    const sources = ['198.51.100.7', '2001:db8:f00::7']
    for (const source of sources) assert.equal(await isDropped(one, source), false)
    assert.deepEqual(await install(one, [OUTSIDE]), { done: [], byHand: [] })
    const session = await sshCliAdapter.open(configOf(one, [OUTSIDE]), loginEnv(SECRETS))
    try {
      const rules = sources.map((source) =>
        filterRule('acl', readMatch(source.includes(':') ? 6 : 4, { source }), DROP),
      )
      await session.apply({ put: rules, remove: [] }, NEVER)
    } finally {
      await session.close()
    }
    for (const source of sources) assert.equal(await isDropped(one, source), true)
    const found = await check(one, [OUTSIDE])
    assert.deepEqual(
      found.filter(({ ok }) => !ok),
      [],
    )
    assert.deepEqual(
      found.map(({ what }) => what),
      ['reach', 'host-key', 'login', 'rights', 'containers', 'capacity', 'clock'],
    )
  })

  it('what it prints, pasted by a person, is what it would install', async () => {
    const one = await bare()
    const [printed] =
      sshCliAdapter.provision?.(configOf(one, [OUTSIDE]), {
        device: 'r1',
        own: [],
        protected: [],
        urpf: false,
      }) ?? []
    const text = printed?.texts.get('ios')?.() ?? ''
    await one.control.edit(
      text
        .split('\n')
        .filter((line) => !line.startsWith('!'))
        .join('\n'),
    )
    assert.deepEqual(await install(one, [OUTSIDE]), { done: [], byHand: [] })
    const off = [...text.matchAll(/^!\s+(no .*)$/gm)].map(([, line]) => line)
    assert.equal(off.length, 2)
    await one.control.edit(
      `object-group network CORDON-4-FROM\n host 198.51.100.7\ninterface ${OUTSIDE}\nend`,
    )
    assert.equal(await isDropped(one, '198.51.100.7'), true)
    await one.control.edit(`interface ${OUTSIDE}\n ${off.join('\n ')}\nend`)
    assert.equal(await isDropped(one, '198.51.100.7'), false, 'after the kill switch')
  })

  it('leaves a list that is somebody’s, and a filter of ours that somebody changed, and says what to do', async () => {
    const one = await bare(
      `ip access-list extended SITE\n 10 permit ip any any\ninterface ${INSIDE}\n ip access-group SITE in\nend\n`,
    )
    const found = await install(one, [INSIDE, 'GigabitEthernet9/9/9'])
    const words = found?.byHand.join('\n') ?? ''
    assert.match(words, new RegExp(`${INSIDE} has the list SITE: put lines 10 and 20 of CORDON-4`))
    assert.match(words, /no interface GigabitEthernet9\/9\/9/)
    assert.match(await one.control.running(), /ip access-group SITE in/)
    await one.control.edit('ip access-list extended CORDON-4\n no 10\nend')
    const again = await install(one, [])
    assert.deepEqual(again?.done, [])
    assert.match(again?.byHand.join() ?? '', /the lines of CORDON-4 are not Cordon's/)
  })

  it('what an installation that broke off has left of a filter is put on no interface before it lets packets pass', async () => {
    const one = await bare(
      [
        'object-group network CORDON-4-FROM',
        ' host 192.0.2.255',
        'ip access-list extended CORDON-4',
        ' 10 deny ip object-group CORDON-4-FROM any',
        'ipv6 access-list CORDON-6',
        ' sequence 10 deny ipv6 host 2001:db8:ffff::1 any',
        'end\n',
      ].join('\n'),
    )
    const sources = ['198.51.100.7', '2001:db8:f00::7']
    const words = (await check(one, [OUTSIDE])).find(({ what }) => what === 'containers')?.words ?? ''
    assert.match(words, /CORDON-4.*not Cordon's/)
    assert.match(words, /IPv6 access list CORDON-6/)
    const found = await install(one, [OUTSIDE])
    for (const source of sources) assert.equal(await isDropped(one, source), false, source)
    assert.match(found?.byHand.join() ?? '', /the lines of CORDON-4 are not Cordon's/)
    assert.doesNotMatch(await one.control.running(), /ip access-group CORDON-4/)
    await one.control.edit('no ip access-list extended CORDON-4\nend')
    assert.doesNotMatch((await install(one, [OUTSIDE]))?.byHand.join() ?? '', /not Cordon's/)
    assert.deepEqual(await install(one, [OUTSIDE]), { done: [], byHand: [] })
    for (const source of sources) assert.equal(await isDropped(one, source), false, source)
  })

  for (const standing of [true, false])
    it(`a permit that we may not type leaves lists without a deny, ${standing ? 'where they stand on an interface already' : 'and off the interfaces'}`, async () => {
      const rights = { cordon: { denied: ['1000', 'sequence 1000000'] } }
      router = await startIos({ rights })
      await router.control.reboot(
        standing
          ? `interface ${OUTSIDE}\n ip access-group CORDON-4 in\n ipv6 traffic-filter CORDON-6 in\nend\n`
          : BARE,
      )
      const one = router
      await assert.rejects(
        async () => install(one, [OUTSIDE]),
        (error) => error instanceof AdapterError && error.class === 'auth',
      )
      for (const source of ['198.51.100.7', '2001:db8:f00::7'])
        assert.equal(await isDropped(one, source), false, source)
      assert.doesNotMatch(await one.control.running(), /deny/)
      assert.equal(/access-group/.test(await one.control.running()), standing)
    })

  it('what we may not look at is not taken for absent', async () => {
    router = await startIos({ rights: { cordon: { denied: ['show ip access-lists'] } } })
    await router.control.reboot('ip access-list extended CORDON-4\n 7 permit ip any any\nend\n')
    const one = router
    await assert.rejects(
      async () => install(one, [OUTSIDE]),
      (error) => error instanceof AdapterError && error.class === 'auth',
    )
    assert.doesNotMatch(await one.control.running(), /object-group/)
    const containers = (await check(one, [OUTSIDE])).find(({ what }) => what === 'containers')
    assert.match(containers?.words ?? '', /authorization failed/)
  })

  it('what a person has locked, or does not keep, fails with its reason', async () => {
    const one = await bare()
    await one.control.lock('ada')
    await assert.rejects(
      async () => install(one, [OUTSIDE]),
      (error) => error instanceof AdapterError && error.class === 'locked' && /ada/.test(error.message),
    )
    await one.control.unlock()
    await one.control.arm({ kind: 'false-ok', times: 100 })
    await assert.rejects(
      async () => install(one, [OUTSIDE]),
      (error) => error instanceof AdapterError && error.class === 'rejected',
    )
  })

  it('a check says what is wrong', async () => {
    const one = await bare()
    const wrong = async (more: object = {}): Promise<string[]> =>
      (await check(one, [], more)).filter(({ ok }) => !ok).map(({ what }) => what)
    assert.deepEqual(await wrong({ hostKeys: [] }), ['host-key'])
    await one.control.arm({ kind: 'clock-offset', ms: -3_600_000 })
    assert.deepEqual(await wrong(), ['containers', 'clock'])
    await one.control.lock('ada')
    assert.deepEqual(await wrong(), ['rights', 'containers', 'clock'])
  })
})
