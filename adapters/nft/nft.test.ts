import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { sleep } from '../../src/domain/clock.ts'
import { DROP, type Rule, ruleFromKey } from '../../src/domain/rule.ts'
import { makeNetns, type Netns, noNetns } from '../../test/helpers/netns.ts'
import { realClock } from '../../test/helpers/system-clock.ts'
import { AdapterError, type DeviceChange, type Session } from '../adapter.ts'
import { nftAdapter } from './index.ts'
import { nftError } from './process.ts'
import { testEnv } from './testbed.ts'

const skip = noNetns('nft')
const signal = new AbortController().signal
const drop = (text: string): Rule => ruleFromKey(text, DROP)
const limit = (text: string, bytesPerSecond: number): Rule =>
  ruleFromKey(text, { do: 'rate-limit', bytesPerSecond })

describe('a session on nftables', { skip }, () => {
  let netns: Netns
  let session: Session
  let changes: DeviceChange[]

  beforeEach(async () => {
    if (skip !== false) return
    netns = makeNetns()
    await start()
  })

  afterEach(async () => {
    if (skip !== false) return
    await session.close()
    netns.remove()
  })

  async function start(): Promise<void> {
    session = await nftAdapter.open({ namespace: netns.name }, testEnv(realClock()))
    changes = []
    session.onChange?.((change) => changes.push(change))
  }

  const put = async (...rules: Rule[]): Promise<(string | undefined)[]> => {
    const receipt = await session.apply({ put: rules, remove: [] }, signal)
    return rules.map((rule) => receipt.get(rule.key)?.result)
  }
  const remove = async (...rules: Rule[]): Promise<(string | undefined)[]> => {
    const receipt = await session.apply({ put: [], remove: rules }, signal)
    return rules.map((rule) => receipt.get(rule.key)?.result)
  }
  const held = async (): Promise<string[]> =>
    (await session.observe('all', signal)).rules.map((rule) => rule.key).sort()
  const nft = (...words: string[]): string => netns.run('nft', ...words)

  async function until(happened: () => boolean): Promise<void> {
    for (let tries = 0; tries < 200 && !happened(); tries++) await sleep(realClock(), 10)
    assert.ok(happened(), JSON.stringify(changes))
  }

  test('prefixes nest, wide after narrow and narrow after wide', async () => {
    const [wide, host, narrow] = [
      'acl4 source=198.18.0.0/16',
      'acl4 source=198.18.1.1/32',
      'acl4 source=198.18.1.0/24',
    ].map(drop) as [Rule, Rule, Rule]
    assert.deepEqual(await put(host), ['done'])
    assert.deepEqual(await put(wide, narrow), ['done', 'done'])
    assert.deepEqual(await remove(wide), ['done'])
    assert.deepEqual(await held(), [narrow.key, host.key])
  })

  test('another action leaves one set and enters the other in one transaction', async () => {
    const key = 'acl4 destination=198.18.1.1/32 protocol=17 destination-port=53'
    await put(drop(key))
    assert.deepEqual(await put(limit(key, 125_000)), ['done'])
    assert.deepEqual(await put(limit(key, 2_097_152)), ['done'])
    const { rules } = await session.observe('all', signal)
    assert.deepEqual(rules, [limit(key, 2_097_152)])
    assert.deepEqual(await put(drop(key)), ['done'])
    assert.deepEqual((await session.observe('all', signal)).rules, [drop(key)])
    assert.deepEqual(changes, [])
  })

  test('what nft refuses is found by halves; its neighbours stand', async () => {
    // A set of our name with other parts: adding to it fails.
    nft('add table inet cordon')
    nft('add set inet cordon acl4_drop_d24 { type ipv4_addr . inet_service ; }')
    const rules = Array.from({ length: 40 }, (_, i) => drop(`acl4 destination=198.18.0.${i}/32`))
    const bad = drop('acl4 destination=198.18.7.0/24')
    const results = await put(...rules.slice(0, 13), bad, ...rules.slice(13))
    assert.deepEqual(
      [...results.keys()].filter((i) => results[i] !== 'done'),
      [13],
    )
    assert.equal(results[13], 'failed')
    assert.equal((await held()).length, 40)
  })

  test('what a person deletes is told; what we delete is not', async () => {
    const [a, b] = [drop('acl4 source=198.18.0.1/32'), drop('acl6 source=2001:2::/64 protocol=6')]
    await put(a, b)
    await remove(b)
    assert.deepEqual(changes, [])
    nft('delete element inet cordon acl4_drop_s32 { 198.18.0.1 }')
    await until(() => changes.length > 0)
    assert.deepEqual(changes, [{ type: 'seen', key: a.key, present: false, evidence: 'read-back' }])
    assert.deepEqual((await session.observe([a], signal)).rules, [])
    await put(a)
    nft('flush set inet cordon acl4_drop_s32')
    await until(() => changes.length > 1)
  })

  test('the kill switch is told once, and the next rule builds the table anew', async () => {
    await put(drop('acl4 source=198.18.0.1/32'), drop('acl4 source=198.18.0.2/32'))
    nft('delete table inet cordon')
    await until(() => changes.some((change) => change.type === 'resync'))
    assert.deepEqual(await held(), [])
    assert.deepEqual(await put(drop('acl4 source=198.18.0.2/32')), ['done'])
    assert.deepEqual(await held(), ['acl4 source=198.18.0.2/32'])
  })

  test('entries whose look-up a person deleted are uncertain, and stand again when put', async () => {
    const rule = drop('acl4 source=198.18.0.1/32')
    await put(rule)
    const handle = /@acl4_drop_s32 drop # handle (\d+)/.exec(
      nft('-a', 'list', 'table', 'inet', 'cordon'),
    )?.[1]
    nft(`delete rule inet cordon ingress handle ${handle}`)
    await until(() => changes.some((change) => change.type === 'resync'))
    const { rules, uncertain } = await session.observe('all', signal)
    assert.deepEqual([rules, uncertain], [[], [rule]])
    assert.deepEqual(await put(rule), ['done'])
    assert.deepEqual((await session.observe('all', signal)).uncertain, [])
  })

  test('conditions that nothing needs any more cost no packet a look', async () => {
    const rule = drop('acl4 destination=198.18.0.1/32 protocol=17 source-port=53,123 packet-length=512-65535')
    await put(rule)
    assert.match(nft('list', 'ruleset'), /meta length 512-65535/)
    assert.deepEqual(await remove(rule), ['done'])
    assert.doesNotMatch(nft('list', 'ruleset'), /meta length/)
    assert.deepEqual(changes, [])
  })

  test('a new session finds what the last one left', async () => {
    const rules = [
      drop('flow6 destination=2001:2::1/128 protocol=58 icmp-type=128,129'),
      limit('acl4 source=198.18.0.0/24 fragment=is-fragment,last-fragment', 5),
      limit('acl4 source=198.18.0.0/24 except=192.0.2.53/32 protocol=6,17 port=53', 5),
      drop('acl6 destination=2001:2::/64 except=2001:db8::53/128,2001:db8::54/127'),
    ]
    await put(...rules)
    await session.close()
    await start()
    const observed = await session.observe('all', signal)
    assert.deepEqual(new Set(observed.rules), new Set(rules))
    assert.deepEqual(
      await remove(...rules),
      rules.map(() => 'done'),
    )
    assert.deepEqual(await held(), [])
  })

  test('prefixes with the same exceptions share one look-up, whichever way nft lists them', async () => {
    const list = '192.0.2.53/32,192.0.2.54/31,192.0.2.56/29,198.51.100.0/24'
    const rules = Array.from({ length: 20 }, (_, i) => drop(`acl4 source=198.18.${i}.0/24 except=${list}`))
    const [bare, other] = [
      drop('acl4 source=198.18.0.0/24'),
      drop('acl4 source=198.18.0.0/24 except=192.0.2.53/32'),
    ]
    await put(...rules, bare, other)
    const chain = nft('list', 'chain', 'inet', 'cordon', 'ingress')
    assert.match(chain, /ip daddr != \{ 192\.0\.2\.53-192\.0\.2\.63, 198\.51\.100\.0\/24 \} ip saddr/)
    assert.equal(chain.match(/@acl4_drop_s24/g)?.length, 3)
    assert.deepEqual(await held(), [...rules, bare, other].map(({ key }) => key).sort())
    assert.deepEqual(
      await remove(...rules),
      rules.map(() => 'done'),
    )
    assert.doesNotMatch(nft('list', 'ruleset'), /198\.51\.100\.0/)
    assert.deepEqual(await held(), [bare.key, other.key].sort())
    assert.deepEqual(changes, [])
  })

  test('another allow list comes and the old one goes in one transaction', async () => {
    const rule = (list: string) => drop(`acl6 destination=2001:2:0:1::/64 except=${list}`)
    const [before, after] = [rule('2001:db8::53/128'), rule('2001:db8::53/128,2001:db8:1::/49')]
    await put(before)
    const receipt = await session.apply({ put: [after], remove: [before] }, signal)
    assert.deepEqual([receipt.get(before.key)?.result, receipt.get(after.key)?.result], ['done', 'done'])
    assert.deepEqual(await held(), [after.key])
    assert.deepEqual(changes, [])
  })

  test('exceptions that a person changed by hand are not ours, and come back when put', async () => {
    const rule = drop('acl4 source=198.18.0.0/24 except=192.0.2.53/32')
    await put(rule)
    const [, name, handle] =
      /@(acl4_drop_s24_x\w+) drop # handle (\d+)/.exec(nft('-a', 'list', 'table', 'inet', 'cordon')) ?? []
    const wider = `ip daddr != { 192.0.2.53, 203.0.113.0/24 } ip saddr & 255.255.255.0 @${name} drop`
    const commands = `delete rule inet cordon ingress handle ${handle}\nadd rule inet cordon ingress ${wider}\n`
    netns.feed(commands, 'nft', '-f', '-')
    await until(() => changes.some((change) => change.type === 'resync'))
    assert.deepEqual((await session.observe('all', signal)).rules, [])
    assert.deepEqual(await put(rule), ['done'])
    assert.deepEqual((await session.observe('all', signal)).rules, [rule])
  })

  test('control traffic is kept by what stands before the look-ups, which goes with the last of them', async () => {
    const rules = [
      drop('acl4 source=198.18.1.0/24 keep=control'),
      limit('acl6 destination=2001:2:0:1::/64 except=2001:db8::53/128 keep=control', 125_000),
    ]
    await put(drop('acl4 source=198.18.1.0/24'), ...rules)
    assert.equal((await held()).length, 3)
    const chain = (): string => nft('list', 'chain', 'inet', 'cordon', 'ingress')
    assert.match(chain(), /jump control_from\n/)
    assert.match(chain(), /jump control_to\n/)
    await session.close()
    await start()
    assert.deepEqual(await remove(rules[0] ?? drop('')), ['done'])
    assert.doesNotMatch(chain(), /control_from/)
    assert.match(chain(), /jump control_to\n/)
    assert.deepEqual(await remove(rules[1] ?? drop('')), ['done'])
    assert.doesNotMatch(chain(), /jump/)
    assert.deepEqual(await held(), ['acl4 source=198.18.1.0/24'])
    assert.deepEqual(changes, [])
    assert.equal((await session.observe('all', signal)).foreign, 0)
  })

  for (const [what, change] of [
    ['let more pass', 'insert rule inet cordon control_from tcp dport 22 return'],
    ['emptied it', 'flush chain inet cordon control_from'],
    ['cut it off', 'flush chain inet cordon ingress'],
  ] as const)
    test(`rules are uncertain when a person ${what} before them, and stand again when put`, async () => {
      const rule = drop('acl4 source=198.18.1.0/24 except=192.0.2.53/32 keep=control')
      await put(rule)
      nft(change)
      const { rules, uncertain } = await session.observe('all', signal)
      assert.deepEqual([rules, uncertain], [[], [rule]])
      assert.deepEqual(await put(rule), ['done'])
      assert.deepEqual((await session.observe('all', signal)).rules, [rule])
      assert.deepEqual(await remove(rule), ['done'])
      assert.deepEqual(await held(), [])
    })

  test('thousands of entries hold up nothing else', async () => {
    const rules = Array.from({ length: 20_000 }, (_, i) => drop(`acl4 source=198.18.${i >> 8}.${i & 255}/32`))
    for (let from = 0; from < rules.length; from += 1000) await put(...rules.slice(from, from + 1000))
    let turns = 0
    let counting = true
    const count = (): void => {
      turns++
      if (counting) setImmediate(count)
    }
    setImmediate(count)
    assert.equal((await session.observe('all', signal)).rules.length, rules.length)
    counting = false
    // Turns, not milliseconds: a busy machine stalls everyone. 500 entries take 2 to 5 ms.
    assert.ok(turns > rules.length / 500, `${turns} turns`)
  })

  test('a namespace that does not exist is named', async () => {
    await assert.rejects(
      nftAdapter.open({ namespace: 'cordon-none' }, testEnv(realClock())),
      (error) => error instanceof AdapterError && error.code === 'namespace-missing',
    )
  })
})

test('what is missing is named: the program, the rights, the room', () => {
  const cases = [
    ['spawn nft ENOENT', 'binary-missing'],
    ['exec of "nft" failed: No such file or directory', 'binary-missing'],
    ['Operation not permitted (you must be root)', 'no-rights'],
    ['Could not process rule: Too many open files in system', 'capacity'],
    ['Could not process rule: File exists', 'rejected'],
  ] as const
  for (const [words, code] of cases) assert.equal(nftError(words).code, code, words)
})
