import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { readMatch } from '../../src/domain/match.ts'
import { DROP, filterRule, type Rule } from '../../src/domain/rule.ts'
import type { DeviceChange, Session } from '../adapter.ts'
import { netconfAdapter } from './index.ts'
import { type Driver, deviceOn, type Simulated, simulate } from './testing/simulated.ts'

const NEVER = new AbortController().signal
const ACL = 'urn:ietf:params:xml:ns:yang:ietf-access-control-list'

function from(address: string): Rule {
  return filterRule('acl', readMatch(address.includes(':') ? 6 : 4, { source: address }), DROP)
}

const A = from('198.18.0.1')
const B = from('198.18.0.2')
const NEW = from('198.18.0.3')
const SIX = from('2001:2::1')

/** What a person may do so that packets of A pass by, what takes it back, and what Cordon says. */
interface Way {
  readonly what: string
  readonly edit: string
  readonly back: string
  readonly words: RegExp
  /** Whether it lets B pass as well. */
  readonly isAll: boolean
}

const INPUT = 'interfaces ge-0/0/0 unit 0 family inet filter'
const FILTER = 'firewall family inet filter CORDON-4'
const TERMS = [
  `set ${FILTER} term from from source-prefix-list CORDON-4-FROM`,
  `set ${FILTER} term from then discard`,
  `set ${FILTER} term to from destination-prefix-list CORDON-4-TO`,
  `set ${FILTER} term to then discard`,
  `set ${FILTER} term rest then next term`,
]
const NOC = [
  `set ${FILTER} term noc from source-prefix-list CORDON-4-FROM`,
  `set ${FILTER} term noc then count noc`,
]
const WAYS: Readonly<Record<Driver, readonly Way[]>> = {
  junos: [
    {
      what: 'our filter is taken off an interface',
      edit: `delete ${INPUT}`,
      back: `set ${INPUT} input-list [ CORDON-4 SITE-4 ]`,
      words: /CORDON-4 is not first on ge-0\/0\/0\.0/,
      isAll: true,
    },
    {
      what: 'a filter is put ahead of ours',
      edit: `delete ${INPUT}\nset ${INPUT} input-list [ SITE-4 CORDON-4 ]`,
      back: `delete ${INPUT}\nset ${INPUT} input-list [ CORDON-4 SITE-4 ]`,
      words: /CORDON-4 is not first on ge-0\/0\/0\.0/,
      isAll: true,
    },
    {
      what: 'a term that accepts is put ahead of ours',
      edit: [`delete ${FILTER}`, ...NOC, ...TERMS].join('\n'),
      back: `delete ${FILTER} term noc`,
      words: /term noc of filter CORDON-4 comes ahead/,
      isAll: true,
    },
  ],
  'ietf-acl': [
    {
      what: 'our lists are taken off an interface',
      edit: point('eth0', '<acl-set nc:operation="remove"><name>CORDON-4</name></acl-set>'),
      back: point('eth0', '<acl-set yang:insert="first"><name>CORDON-4</name></acl-set>'),
      words: /CORDON-4 is not first on eth0/,
      isAll: true,
    },
    {
      what: 'an entry that accepts is put ahead of ours',
      edit: entry(
        '<ace yang:insert="first"><name>noc</name><matches><ipv4><source-ipv4-network>198.18.0.1/32</source-ipv4-network></ipv4></matches><actions><forwarding>accept</forwarding></actions></ace>',
      ),
      back: entry('<ace nc:operation="remove"><name>noc</name></ace>'),
      words: /entry noc of CORDON-4 comes ahead/,
      isAll: false,
    },
    {
      what: 'what accepts the rest is put ahead of ours',
      edit: entry('<ace yang:insert="first"><name>CORDON-REST</name></ace>'),
      back: entry('<ace yang:insert="last"><name>CORDON-REST</name></ace>'),
      words: /entry CORDON-REST of CORDON-4 comes ahead/,
      isAll: true,
    },
  ],
}

function point(name: string, set: string): string {
  return acls(
    `<attachment-points><interface><interface-id>${name}</interface-id><ingress><acl-sets>${set}</acl-sets></ingress></interface></attachment-points>`,
  )
}

function entry(ace: string): string {
  return acls(`<acl><name>CORDON-4</name><aces>${ace}</aces></acl>`)
}

function acls(content: string): string {
  const spaces = `xmlns="${ACL}" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:yang="urn:ietf:params:xml:ns:yang:1"`
  return `<acls ${spaces}>${content}</acls>`
}

for (const driver of ['junos', 'ietf-acl'] as const)
  describe(`packets that pass by what is configured on ${driver}`, () => {
    let simulated: Simulated
    let session: Session
    let changes: DeviceChange[] = []

    before(async () => {
      simulated = await simulate(driver)
    })
    afterEach(async () => {
      await session.close()
      await deviceOn(simulated)
    })
    after(() => simulated.stop())

    const conditions = (): readonly string[] =>
      changes.flatMap((change) =>
        change.type === 'status' && change.code === 'bypassed' ? [change.words] : [],
      )

    for (const { what, edit, back, words, isAll } of WAYS[driver])
      it(`${what}: nothing that may pass is called held, and a removal is done`, async () => {
        changes = []
        session = await netconfAdapter.open({ ...simulated.config, lookEvery: 1 }, simulated.env())
        session.onChange?.((change) => changes.push(change))
        await session.apply({ put: [A, B, SIX], remove: [] }, NEVER)
        assert.equal(await simulated.drops('source', '198.18.0.1'), true)

        await simulated.router.control.edit(edit)
        assert.equal(await simulated.drops('source', '198.18.0.1'), false)
        await eventually('it to be noticed', 8_000, () => conditions().length > 0)
        assert.match(conditions()[0] ?? '', words)
        const { rules, uncertain } = await session.observe('all', NEVER)
        const passing = isAll ? [A.key, B.key] : [A.key]
        assert.deepEqual(uncertain.map(({ key }) => key).sort(), passing)
        assert.deepEqual(rules.map(({ key }) => key).sort(), isAll ? [SIX.key] : [B.key, SIX.key])
        assert.ok(!changes.some(({ type }) => type === 'seen'), 'nobody has taken an entry away')
        const again = (await session.apply({ put: [A], remove: [] }, NEVER)).get(A.key)
        assert.ok(isAll ? again?.result === 'unknown' && words.test(again.words) : again !== undefined)
        assert.equal((await session.apply({ put: [NEW], remove: [B] }, NEVER)).get(B.key)?.result, 'done')

        await simulated.router.control.edit(back)
        await eventually('it to be noticed', 8_000, () => conditions().length > 1)
        for (const key of [A.key, NEW.key])
          assert.ok((await session.observe('all', NEVER)).rules.some((rule) => rule.key === key))
        assert.equal((await session.apply({ put: [A], remove: [] }, NEVER)).get(A.key)?.result, 'done')
        assert.equal(await simulated.drops('source', '198.18.0.1'), true)
        assert.equal(await simulated.drops('source', '198.18.0.3'), true)
      })
  })
