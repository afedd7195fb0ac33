import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import type { RunningRouter } from '../../simulator/configured/router.ts'
import { eventually } from '../../simulator/eventually.ts'
import { readMatch } from '../../src/domain/match.ts'
import { DROP, filterRule, type Rule } from '../../src/domain/rule.ts'
import type { DeviceChange, Session } from '../adapter.ts'
import { loginEnv } from '../configured/testing/login-env.ts'
import { sshCliAdapter } from './index.ts'
import { hastyClock } from './testing/hasty-clock.ts'
import { INSIDE, iosConfig, OUTSIDE, PROVISIONED, SECRETS, startIos } from './testing/ios-bench.ts'

const NEVER = new AbortController().signal

function from(address: string): Rule {
  return filterRule('acl', readMatch(address.includes(':') ? 6 : 4, { source: address }), DROP)
}

const FOUR = from('198.18.0.1')
const SIX = from('2001:2::b')
const OTHER = from('2001:2:5::b')

/** What a person may do on the router, what takes it back, whose packets pass by then, and what Cordon says. */
const WAYS = [
  {
    what: 'CORDON-4 is taken off an interface',
    edit: `interface ${OUTSIDE}\n no ip access-group CORDON-4 in`,
    back: `interface ${OUTSIDE}\n ip access-group CORDON-4 in`,
    passing: [FOUR],
    words: /CORDON-4 is not on GigabitEthernet0\/0\/0/,
  },
  {
    what: 'CORDON-6 is taken off an interface',
    edit: `interface ${OUTSIDE}\n no ipv6 traffic-filter CORDON-6 in`,
    back: `interface ${OUTSIDE}\n ipv6 traffic-filter CORDON-6 in`,
    passing: [SIX, OTHER],
    words: /CORDON-6 is not on GigabitEthernet0\/0\/0/,
  },
  {
    what: 'another list stands in the place of CORDON-4',
    edit: `ip access-list extended SITE\n 10 permit ip any any\ninterface ${OUTSIDE}\n ip access-group SITE in`,
    back: `interface ${OUTSIDE}\n ip access-group CORDON-4 in`,
    passing: [FOUR],
    words: /CORDON-4 is not on GigabitEthernet0\/0\/0/,
  },
  {
    what: 'a line of CORDON-4 is gone',
    edit: 'ip access-list extended CORDON-4\n no 10',
    back: 'ip access-list extended CORDON-4\n 10 deny ip object-group CORDON-4-FROM any',
    passing: [FOUR],
    words: /CORDON-4 does not drop CORDON-4-FROM/,
  },
  {
    what: 'a line that permits stands ahead in CORDON-4',
    edit: 'ip access-list extended CORDON-4\n 5 permit ip host 198.18.0.1 any',
    back: 'ip access-list extended CORDON-4\n no 5',
    passing: [FOUR],
    words: /CORDON-4 does not drop CORDON-4-FROM ahead of what it permits/,
  },
  {
    what: 'a line that permits stands ahead in CORDON-6',
    edit: 'ipv6 access-list CORDON-6\n sequence 5 permit ipv6 2001:2::/64 any',
    back: 'ipv6 access-list CORDON-6\n no sequence 5',
    passing: [SIX],
    words: /'permit ipv6 2001:2::\/64 any' of CORDON-6 comes ahead/,
  },
]

describe('packets that pass by what is configured on a router of ios', () => {
  let router: RunningRouter
  let session: Session
  let changes: DeviceChange[] = []

  before(async () => {
    router = await startIos()
  })
  afterEach(async () => {
    await session.close()
    await router.control.reboot(PROVISIONED)
  })
  after(() => router.stop())

  const isDropped = async (rule: Rule): Promise<boolean> => {
    assert.ok('match' in rule && rule.match.source !== undefined)
    const [source = ''] = rule.match.source.split('/')
    const destination = source.includes(':') ? '2001:db8:1::9' : '203.0.113.9'
    return (await router.control.judge({ in: OUTSIDE, out: INSIDE, source, destination, protocol: 17 }))
      .dropped
  }
  const conditions = (): readonly string[] =>
    changes.flatMap((change) =>
      change.type === 'status' && change.code === 'bypassed' ? [change.words] : [],
    )
  const open = async (): Promise<void> => {
    changes = []
    const clock = hastyClock()
    clock.hurry(true)
    session = await sshCliAdapter.open(
      { ...iosConfig(router), lookEvery: 5 },
      { ...loginEnv(SECRETS), clock },
    )
    session.onChange?.((change) => changes.push(change))
  }
  const all = [FOUR, SIX, OTHER]

  for (const { what, edit, back, passing, words } of WAYS)
    it(`${what}: nothing that may pass is called held, and a removal is done`, async () => {
      await open()
      await session.apply({ put: all, remove: [] }, NEVER)
      for (const rule of all) assert.equal(await isDropped(rule), true)

      await router.control.edit(edit)
      for (const rule of all) assert.equal(await isDropped(rule), !passing.includes(rule), rule.key)
      await eventually('it to be noticed', 8_000, () => conditions().length > 0)
      assert.match(conditions()[0] ?? '', words)
      const keys = (rules: readonly Rule[]): string[] => rules.map(({ key }) => key).sort()
      const { rules, uncertain } = await session.observe('all', NEVER)
      assert.deepEqual(keys(uncertain), keys(passing))
      assert.deepEqual(keys(rules), keys(all.filter((rule) => !passing.includes(rule))))
      assert.ok(!changes.some(({ type }) => type === 'seen'), 'nobody has taken an entry away')
      const receipt = await session.apply({ put: all, remove: [] }, NEVER)
      for (const rule of all) {
        const outcome = receipt.get(rule.key)
        assert.equal(outcome?.result, passing.includes(rule) ? 'unknown' : 'done')
        if (outcome?.result === 'unknown') assert.match(outcome.words, words)
      }
      const [first = FOUR] = passing
      const gone = (await session.apply({ put: [], remove: [first] }, NEVER)).get(first.key)
      assert.equal(gone?.result, 'done')

      await router.control.edit(back)
      await eventually('it to be noticed', 8_000, () => conditions().length > 1)
      const again = await session.apply({ put: all, remove: [] }, NEVER)
      for (const { key } of all) assert.equal(again.get(key)?.result, 'done')
      for (const rule of all) assert.equal(await isDropped(rule), true)
    })

  it('an interface that is not there lets nothing pass', async () => {
    await open()
    await session.close()
    const config = { ...iosConfig(router), filterOn: [OUTSIDE, 'GigabitEthernet9/9/9'] }
    session = await sshCliAdapter.open(config, loginEnv(SECRETS))
    assert.equal((await session.apply({ put: [FOUR], remove: [] }, NEVER)).get(FOUR.key)?.result, 'done')
  })
})
