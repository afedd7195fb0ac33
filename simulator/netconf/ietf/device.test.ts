import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { ACE, ACES, block, edit, NS, START } from '../../../test/helpers/acl-edits.ts'
import { found, NetconfTalk, outcomeOf, textOf } from '../../../test/helpers/netconf-talk.ts'
import type { Packet } from '../../configured/filters.ts'
import { type RunningRouter, startRouter } from '../../configured/router.ts'
import type { RouterSettings } from '../../configured/settings.ts'
import { eventually } from '../../eventually.ts'
import { ietfRouter } from './device.ts'

const COMMIT = '<commit/>'
const LOCK = '<lock><target><candidate/></target></lock>'
const UNLOCK = '<unlock><target><candidate/></target></unlock>'

const PACKET: Packet = {
  in: 'eth0',
  out: 'eth1',
  source: '198.51.100.1',
  destination: '203.0.113.9',
  protocol: 17,
}

const SETTINGS: RouterSettings = {
  name: 'ietf1',
  kind: 'ietf-router',
  users: [{ name: 'cordon', password: 'secret' }],
  configuration: START,
  plane: 'model',
}

describe('a router of RFC 8519', () => {
  let router: RunningRouter
  let talks: NetconfTalk[] = []

  before(async () => {
    router = await startRouter(SETTINGS, ietfRouter)
  })
  beforeEach(async () => {
    for (const talk of talks) talk.leave()
    talks = []
    await router.control.clear()
    await router.control.reboot(START)
  })
  after(async () => {
    for (const talk of talks) talk.leave()
    await router.stop()
  })

  async function talk(bases?: readonly ('1.0' | '1.1')[], of: RunningRouter = router): Promise<NetconfTalk> {
    const one = await NetconfTalk.open({ port: of.port, ...(bases === undefined ? {} : { bases }) })
    talks.push(one)
    return one
  }

  const dropped = async (destination = '203.0.113.9'): Promise<boolean> =>
    (await router.control.judge({ ...PACKET, destination })).dropped

  test('drops what a committed ACE says, first match first, and all else by the end of the ACL', async () => {
    const client = await talk()
    assert.equal(await client.outcome(block('b1', '203.0.113.9/32')), 'ok')
    assert.equal(await dropped(), false, 'a candidate is nothing yet')
    assert.equal(await client.outcome(COMMIT), 'ok')
    assert.equal(await dropped(), true)
    assert.equal(await dropped('203.0.113.10'), false)
    await client.outcome(edit(ACES(`<ace nc:operation="delete"><name>rest</name></ace>`)))
    await client.outcome(COMMIT)
    assert.equal(await dropped('203.0.113.10'), true, 'what no ACE matches is dropped')
  })

  test('counts what its ACEs have met, and tells its clock', async () => {
    const client = await talk(['1.0'])
    await client.outcome(block('b1', '203.0.113.9/32'))
    await client.outcome(COMMIT)
    await dropped()
    await dropped()
    await router.control.arm({ kind: 'clock-offset', ms: -86_400_000 * 365 * 20 })
    const reply = await client.ask(
      `<get><filter type="subtree"><acls ${NS}><acl><name>edge</name></acl></acls><system-state xmlns="urn:ietf:params:xml:ns:yang:ietf-system"/></filter></get>`,
    )
    assert.equal(textOf(reply, 'matched-packets'), '2')
    assert.match(textOf(reply, 'current-datetime') ?? '', /^20[01]\d-.*\+00:00$/)
  })

  test('orders ACEs as it was told', async () => {
    const client = await talk()
    const place = (name: string, how: string): Promise<string> =>
      client.outcome(edit(ACES(ACE(name, '192.0.2.0/24', `xmlns:y="urn:ietf:params:xml:ns:yang:1" ${how}`))))
    assert.equal(await place('b', 'y:insert="first"'), 'ok')
    assert.equal(await place('a', `y:insert="before" y:key="[name='b']"`), 'ok')
    assert.equal(await place('c', `y:insert="after" y:key="[name='b']"`), 'ok')
    assert.equal(await place('z', 'y:insert="last"'), 'ok')
    assert.equal(await place('x', `y:insert="after" y:key="[name='none']"`), 'bad-attribute missing-instance')
    const reply = await client.ask('<get-config><source><candidate/></source></get-config>')
    const names = found(reply, 'aces')?.children.map((ace) => textOf(ace, 'name'))
    assert.deepEqual(names, ['a', 'b', 'c', 'rest', 'z'])
  })

  test('selects by subtree: all, by content, one element, nothing', async () => {
    const client = await talk()
    const ask = async (filter: string) =>
      await client.ask(
        `<get-config><source><running/></source><filter type="subtree">${filter}</filter></get-config>`,
      )
    assert.deepEqual(found(await ask(''), 'data')?.children, [])
    const one = await ask(`<acls ${NS}><acl><name>edge</name><type/></acl></acls>`)
    assert.deepEqual(
      found(one, 'acl')?.children.map(({ name }) => name),
      ['name', 'type'],
    )
    assert.equal(textOf(one, 'type'), 'acl:ipv4-acl-type')
    assert.equal(found(await ask(`<acls ${NS}><acl><name>other</name></acl></acls>`), 'acl'), undefined)
    assert.equal(
      found(await ask(`<acls ${NS}><acl><name>edge</name></acl></acls>`), 'ace')?.children[0]?.text,
      'rest',
    )
    assert.deepEqual(found(await ask('<acls xmlns="urn:example:other"/>'), 'data')?.children, [])
  })

  test('answers each wrong edit with its error, and does nothing of it', async () => {
    const client = await talk()
    const ace = (inner: string): string => edit(ACES(inner))
    const cases = [
      [ace(ACE('rest', '192.0.2.0/24', 'nc:operation="create"')), 'data-exists'],
      [ace('<ace nc:operation="delete"><name>none</name></ace>'), 'data-missing'],
      [ace('<ace nc:operation="remove"><name>none</name></ace>'), 'ok'],
      [ace(ACE('bad', '300.0.2.0/24')), 'invalid-value'],
      [ace('<ace><name>a</name><colour>red</colour></ace>'), 'unknown-element'],
      [ace('<ace><actions/></ace>'), 'missing-element'],
      [ace(ACE('a', '192.0.2.0/24', 'nc:operation="burn"')), 'bad-attribute'],
      [edit('<acls xmlns="urn:example:other"/>'), 'unknown-namespace'],
      [edit('', 'startup'), 'invalid-value'],
      [edit('', 'running'), 'operation-not-supported'],
      ['<fly/>', 'unknown-element'],
      ['<get><filter type="xpath" select="/"/></get>', 'bad-attribute'],
      ['<cancel-commit/>', 'operation-failed'],
      ['<kill-session><session-id>0</session-id></kill-session>', 'invalid-value'],
      [
        edit(ACES('<ace><name>new</name></ace>'), 'candidate', '<default-operation>none</default-operation>'),
        'data-missing',
      ],
    ] as const
    for (const [request, outcome] of cases) assert.equal(await client.outcome(request), outcome, request)
    const bad = await client.ask(ace(`${ACE('good', '192.0.2.0/24')}${ACE('bad', 'nonsense')}`))
    assert.equal(textOf(bad, 'bad-value'), 'nonsense')
    assert.match(textOf(bad, 'error-path') ?? '', /ace\[name='bad'\].*destination-ipv4-network$/)
    const reply = await client.ask('<get-config><source><candidate/></source></get-config>')
    assert.equal(JSON.stringify(reply.children).includes('192.0.2.0'), false)
  })

  test('goes on after errors if it was told to, with one error for each', async () => {
    const client = await talk()
    const inner = `${ACE('bad', 'x')}${ACE('good', '203.0.113.9/32')}${ACE('worse', 'y')}`
    const reply = await client.ask(
      edit(ACES(inner), 'candidate', '<error-option>continue-on-error</error-option>'),
    )
    assert.equal(reply.children.filter(({ name }) => name === 'rpc-error').length, 2)
    const held = await client.ask('<get-config><source><candidate/></source></get-config>')
    assert.equal(JSON.stringify(held.children).includes('203.0.113.9/32'), true)
  })

  test('in base:1.0 there is no remove', async () => {
    const client = await talk(['1.0'])
    assert.equal(
      await client.outcome(edit(ACES('<ace nc:operation="remove"><name>x</name></ace>'))),
      'operation-not-supported',
    )
  })

  test('one session holds a lock, others are told whose it is', async () => {
    const [one, two] = [await talk(), await talk()]
    assert.equal(await one.outcome(LOCK), 'ok')
    const denied = await two.ask(LOCK)
    assert.equal(outcomeOf(denied), 'lock-denied')
    assert.equal(textOf(denied, 'session-id'), `${one.id}`)
    assert.equal(await two.outcome(block('x', '203.0.113.9/32')), 'in-use')
    assert.equal(await two.outcome(COMMIT), 'in-use')
    assert.equal(await two.outcome(UNLOCK), 'in-use')
    await one.outcome(block('x', '203.0.113.9/32'))
    assert.equal(await one.outcome(UNLOCK), 'ok')
    await two.outcome(COMMIT)
    assert.equal(await dropped(), false, 'to unlock drops what was not committed')
    assert.equal(await one.outcome(block('x', '203.0.113.9/32')), 'ok')
    assert.equal(await two.outcome(LOCK), 'resource-denied')
    one.leave()
    await eventually('the leftovers to go', 5_000, async () => (await two.outcome(LOCK)) === 'ok')
    assert.equal(await two.outcome(COMMIT), 'ok')
    assert.equal(await dropped(), false)
  })

  test('a person holds the lock, or has left changes', async () => {
    const client = await talk()
    await router.control.lock('mia')
    const denied = await client.ask(LOCK)
    assert.equal(`${outcomeOf(denied)} ${textOf(denied, 'session-id')}`, 'lock-denied 0')
    await router.control.unlock()
    await router.control.dirty(ACES(ACE('mias', '203.0.113.9/32')), 'mia')
    assert.equal(await client.outcome(LOCK), 'resource-denied')
    await router.control.edit(
      ACES(ACE('human', '203.0.113.0/24', 'xmlns:y="urn:ietf:params:xml:ns:yang:1" y:insert="first"')),
    )
    assert.equal(await dropped(), true)
    assert.match(await router.control.running(), /human/)
  })

  test('a confirmed commit goes back: by its timer, with its session, when it is cancelled', async () => {
    const client = await talk()
    await client.outcome(block('x', '203.0.113.9/32'))
    await client.outcome('<commit><confirmed/><confirm-timeout>1</confirm-timeout></commit>')
    assert.equal(await dropped(), true)
    await eventually('the timer', 5_000, async () => !(await dropped()))
    await router.control.arm({ kind: 'no-rollback' })
    await client.outcome(block('x', '203.0.113.9/32'))
    await client.outcome('<commit><confirmed/></commit>')
    assert.equal(await client.outcome('<cancel-commit/>'), 'ok', 'only the timer is broken')
    const other = await talk()
    await other.outcome(block('x', '203.0.113.9/32'))
    await other.outcome('<commit><confirmed/></commit>')
    assert.equal(await client.outcome(COMMIT), 'in-use outstanding-confirmed-commit')
    assert.equal(await dropped(), true)
    other.leave()
    await eventually('the session', 5_000, async () => !(await dropped()))
    await client.outcome(block('x', '203.0.113.9/32'))
    await client.outcome('<commit><confirmed/></commit>')
    assert.equal(await client.outcome('<cancel-commit/>'), 'ok')
    assert.equal(await dropped(), false)
  })

  test('a confirmed commit that persists is confirmed from another session', async () => {
    const client = await talk()
    await client.outcome(block('x', '203.0.113.9/32'))
    assert.equal(await client.outcome('<commit><confirmed/><persist>p1</persist></commit>'), 'ok')
    client.leave()
    const other = await talk()
    assert.equal(await other.outcome('<commit><persist-id>p2</persist-id></commit>'), 'invalid-value')
    assert.equal(await other.outcome('<commit/>'), 'in-use outstanding-confirmed-commit')
    assert.equal(await dropped(), true)
    assert.equal(await other.outcome('<commit><persist-id>p1</persist-id></commit>'), 'ok')
    other.leave()
    assert.equal(await dropped(), true)
  })

  test('lies, loses its answer, and has no room', async () => {
    const client = await talk()
    await client.outcome(block('x', '203.0.113.9/32'))
    await router.control.arm({ kind: 'false-ok' })
    assert.equal(await client.outcome(COMMIT), 'ok')
    assert.equal(await dropped(), false)
    await client.outcome(block('x', '203.0.113.9/32'))
    await router.control.arm({ kind: 'lose-reply' })
    client.send(COMMIT)
    await client.closed()
    assert.equal(await dropped(), true)
    const other = await talk()
    await router.control.arm({ kind: 'false-error' })
    await other.outcome(block('w', '203.0.113.8/32'))
    assert.equal(await other.outcome(COMMIT), 'operation-failed')
    assert.equal(await dropped('203.0.113.8'), true)
    await router.control.arm({ kind: 'entry-limit', most: 2, at: 'edit' })
    assert.equal(await other.outcome(block('y', '203.0.113.10/32')), 'resource-denied no-space')
    await router.control.arm({ kind: 'entry-limit', most: 2, at: 'commit' })
    assert.equal(await other.outcome(block('y', '203.0.113.10/32')), 'ok')
    assert.equal(await other.outcome(COMMIT), 'resource-denied no-space')
    assert.equal(await dropped('203.0.113.10'), false)
    await router.control.arm({ kind: 'entry-limit', most: 3, at: 'silent' })
    assert.equal(await other.outcome(COMMIT), 'ok')
    assert.match(await router.control.running(), /203\.0\.113\.10/)
    assert.equal(await dropped('203.0.113.10'), false, 'beyond its room')
    assert.equal(await dropped('203.0.113.8'), true)
  })

  test('answers many requests in their order, and survives none that is not well formed', async () => {
    const client = await talk()
    for (let at = 0; at < 20; at += 1) client.send(at % 2 === 0 ? '<get/>' : '<fly/>')
    for (let at = 0; at < 20; at += 1) {
      const reply = await client.reply()
      assert.equal(reply.attributes.get('message-id'), `${at + 1}`)
      assert.equal(outcomeOf(reply), at % 2 === 0 ? 'data' : 'unknown-element')
    }
    client.write('<rpc message-id="9"><a></rpc>')
    await client.closed()
    const chunks = await talk()
    chunks.writeBytes('\n#x\n')
    assert.equal(outcomeOf(await chunks.reply()), 'malformed-message')
    await chunks.closed()
    const nameless = await talk()
    nameless.write('<rpc xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><get/></rpc>')
    assert.equal(outcomeOf(await nameless.reply()), 'missing-attribute')
  })

  test('one session ends another, and closes itself', async () => {
    const [one, two] = [await talk(), await talk()]
    assert.equal(await one.outcome(`<kill-session><session-id>${two.id}</session-id></kill-session>`), 'ok')
    await two.closed()
    assert.equal(await one.outcome('<close-session/>'), 'ok')
    await one.closed()
  })

  test('an ACL that is attached must be there, and an ACE must do something', async () => {
    const client = await talk()
    await client.outcome(edit(`<acls ${NS}><acl nc:operation="delete"><name>edge</name></acl></acls>`))
    assert.equal(await client.outcome(COMMIT), 'data-missing instance-required')
    await client.outcome('<discard-changes/>')
    await client.outcome(edit(ACES('<ace><name>idle</name></ace>')))
    assert.equal(
      await client.outcome('<validate><source><candidate/></source></validate>'),
      'missing-element',
    )
  })
})
