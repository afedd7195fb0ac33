import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { edit, item, load, START } from '../../../test/helpers/junos-edits.ts'
import { found, NetconfTalk, outcomeOf, textOf } from '../../../test/helpers/netconf-talk.ts'
import type { Packet } from '../../configured/filters.ts'
import { modelOracle } from '../../configured/oracle.ts'
import { type RunningRouter, startRouter } from '../../configured/router.ts'
import type { RouterSettings } from '../../configured/settings.ts'
import { eventually } from '../../eventually.ts'
import type { Element } from '../xml.ts'
import { junosRouter } from './device.ts'

const COMMIT = '<commit-configuration/>'
const PRIVATE = '<open-configuration><private/></open-configuration>'

const WEB: Packet = {
  in: 'ge-0/0/0',
  source: '198.51.100.1',
  destination: '203.0.113.9',
  protocol: 6,
  sourcePort: 4000,
  destinationPort: 80,
}

const SETTINGS: RouterSettings = {
  name: 'core',
  kind: 'junos-router',
  users: [{ name: 'cordon', password: 'secret' }],
  configuration: START,
  plane: 'model',
  options: { minuteMs: 100, routingEngines: ['re0', 're1'] },
}

describe('a router in the manner of Junos', () => {
  let router: RunningRouter
  let talks: NetconfTalk[] = []

  before(async () => {
    router = await startRouter(SETTINGS, junosRouter)
  })
  beforeEach(async () => {
    for (const one of talks) one.leave()
    talks = []
    await router.control.clear()
    await router.control.reboot(START)
  })
  after(async () => {
    for (const one of talks) one.leave()
    await router.stop()
  })

  async function talk(): Promise<NetconfTalk> {
    const one = await NetconfTalk.open({ port: router.port })
    talks.push(one)
    return one
  }

  const dropped = async (more: Partial<Packet> = {}): Promise<boolean> =>
    await modelOracle(router.control).isDropped({ ...WEB, ...more })

  test('evaluates a list of filters as one, with a discard at its end and nothing in an empty list', async () => {
    assert.equal(await dropped(), false)
    assert.equal(await dropped({ destinationPort: 8005 }), false)
    assert.equal(await dropped({ destinationPort: 8011 }), true)
    assert.equal(await dropped({ protocol: 17 }), false)
    assert.equal(await dropped({ in: 'ge-0/0/1', destinationPort: 8011 }), false)
    await router.control.edit('set policy-options prefix-list CORDON-4 203.0.113.8/29')
    assert.equal(await dropped(), true)
    await router.control.edit('deactivate policy-options prefix-list CORDON-4 203.0.113.8/29')
    assert.equal(await dropped(), false)
    await router.control.edit('set interfaces ge-0/0/0 disable')
    assert.equal(await dropped(), true)
  })

  test('takes an edit with or without namespaces, and commits it', async () => {
    const client = await talk()
    assert.equal(await client.outcome(edit(item('203.0.113.9/32'))), 'ok')
    assert.equal(await dropped(), false)
    assert.equal(await client.outcome('<commit/>'), 'ok')
    assert.equal(await dropped(), true)
    const named = item('203.0.113.9/32', 'operation="delete"').replace(
      '<configuration>',
      '<configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm">',
    )
    assert.equal(await client.outcome(edit(named)), 'ok')
    const again = await client.ask(edit(named))
    assert.equal(textOf(again, 'error-severity'), 'warning')
    assert.match(textOf(again, 'error-message') ?? '', /statement not found/)
    assert.ok(found(again, 'ok'), 'a warning stands beside ok')
    const bad = await client.ask(edit(item('300.0.113.9/32')))
    assert.equal(outcomeOf(bad), 'invalid-value')
    assert.equal(textOf(bad, 'error-path'), '[edit policy-options prefix-list CORDON-4]')
  })

  test('answers commits in its own form, with what failed inside of it', async () => {
    const client = await talk()
    const check = await client.ask('<commit-configuration><check/></commit-configuration>')
    assert.ok(found(check, 'commit-check-success'))
    const done = await client.ask(COMMIT)
    const engines = found(done, 'commit-results')?.children.map((one) => textOf(one, 'name'))
    assert.deepEqual(engines, ['re0', 're1'])
    await client.ask(
      edit(
        '<configuration><policy-options><prefix-list operation="delete"><name>CORDON-4</name></prefix-list></policy-options></configuration>',
      ),
    )
    for (const request of ['<commit-configuration><check/></commit-configuration>', COMMIT]) {
      const failed = await client.ask(request)
      const results = found(failed, 'commit-results')
      assert.ok(results && found(results, 'rpc-error'), 'the error is within the results')
      assert.match(textOf(failed, 'error-message') ?? '', /prefix-list 'CORDON-4' is not defined/)
    }
    assert.equal(await client.outcome('<commit/>'), 'operation-failed')
    assert.match(await router.control.running(), /CORDON-4/)
  })

  test('loads lines: those that make sense, and a count of the others', async () => {
    const client = await talk()
    const reply = await client.ask(
      load(
        'set policy-options prefix-list CORDON-4 203.0.113.9/32\nset policy-options nonsense X\nset system host-name other',
      ),
    )
    assert.equal(textOf(reply, 'load-error-count'), undefined, 'a line that is no command refuses all')
    const values = await client.ask(
      load(
        'set policy-options prefix-list CORDON-4 203.0.113.9/32\nset policy-options prefix-list CORDON-4 nonsense',
      ),
    )
    const results = found(values, 'load-configuration-results')
    assert.equal(results && textOf(results, 'load-error-count'), '1')
    const fine = await client.ask(
      load(
        'delete policy-options prefix-list CORDON-4 203.0.113.9/32\nset policy-options prefix-list CORDON-4 203.0.113.10',
      ),
    )
    assert.ok(found(fine, 'load-success') ?? found(fine, 'ok'))
    await client.ask(COMMIT)
    assert.equal(await dropped({ destination: '203.0.113.10' }), true)
    assert.equal(await dropped(), false)
  })

  test('private changes of two sessions stand beside each other, and end with their session', async () => {
    const [one, two, three] = [await talk(), await talk(), await talk()]
    const opened = await one.ask(PRIVATE)
    assert.ok(found(opened, 'ok') && textOf(opened, 'error-severity') === 'warning')
    await two.ask(PRIVATE)
    await one.ask(load('set policy-options prefix-list CORDON-4 203.0.113.9'))
    await two.ask(load('set policy-options prefix-list CORDON-4 203.0.113.10'))
    await three.ask(PRIVATE)
    await three.ask(load('set policy-options prefix-list CORDON-4 203.0.113.11'))
    three.leave()
    await two.ask(COMMIT)
    await one.ask(COMMIT)
    assert.deepEqual(await prefixes(one), ['203.0.113.10', '203.0.113.9'])
    await one.ask(load('set policy-options prefix-list CORDON-4 203.0.113.12'))
    assert.equal(await one.outcome('<close-configuration/>'), 'ok')
    await one.ask(COMMIT)
    assert.deepEqual(await prefixes(one), ['203.0.113.10', '203.0.113.9'])
  })

  test('two private commits at the same time lose nothing, and a person keeps what they had begun', async () => {
    await router.control.dirty('set policy-options prefix-list CORDON-4 203.0.113.50', 'mia')
    const [one, two, three] = [await talk(), await talk(), await talk()]
    for (const [client, last] of [
      [one, 9],
      [two, 10],
    ] as const) {
      await client.ask(PRIVATE)
      await client.ask(load(`set policy-options prefix-list CORDON-4 203.0.113.${last}`))
    }
    await three.ask(edit(item('203.0.113.51/32')))
    await router.control.arm({ kind: 'slow-commit', ms: 100, power: 0 })
    await Promise.all([one.ask(COMMIT), two.ask(COMMIT)])
    assert.deepEqual((await prefixes(one)).toSorted(), ['203.0.113.10', '203.0.113.9'])
    three.leave()
    await eventually(
      'the session to be gone',
      5_000,
      async () => (await router.control.present()).length === 2,
    )
    const shared = await talk()
    await shared.ask('<commit/>')
    assert.equal(await dropped({ destination: '203.0.113.50' }), true)
  })

  async function prefixes(client: NetconfTalk): Promise<string[]> {
    const filter =
      '<configuration><policy-options><prefix-list><name>CORDON-4</name></prefix-list></policy-options></configuration>'
    const reply = await client.ask(`<get-configuration database="committed">${filter}</get-configuration>`)
    const list = found(reply, 'prefix-list')
    return (list?.children ?? [])
      .filter(({ name }) => name === 'prefix-list-item')
      .map((one) => textOf(one, 'name') ?? '')
  }

  test('a person who configures exclusively keeps everybody out, with their name', async () => {
    const client = await talk()
    await client.ask(PRIVATE)
    await client.ask(load('set policy-options prefix-list CORDON-4 203.0.113.9'))
    await router.control.lock('mia')
    const refused = await client.ask(COMMIT)
    assert.match(
      textOf(refused, 'error-message') ?? '',
      /configuration database locked by:\s+mia terminal pts\/0 \(pid \d+\)/,
    )
    assert.equal(await dropped(), false)
    const other = await talk()
    for (const request of [
      '<lock-configuration/>',
      edit(item('203.0.113.9/32')),
      '<lock><target><candidate/></target></lock>',
    ]) {
      const reply = await other.ask(request)
      assert.equal(outcomeOf(reply), 'lock-denied')
      assert.equal(textOf(reply, 'session-id'), '0')
    }
    await router.control.unlock()
    await client.ask(COMMIT)
    assert.equal(await dropped(), true)
  })

  test('a person left changes in the shared candidate: it cannot be locked, and a commit would take them along', async () => {
    await router.control.dirty('set policy-options prefix-list CORDON-4 203.0.113.9', 'mia')
    const client = await talk()
    assert.match(
      textOf(await client.ask('<lock-configuration/>'), 'error-message') ?? '',
      /database modified\s+mia/,
    )
    const own = await talk()
    await own.ask(PRIVATE)
    await own.ask(load('set policy-options prefix-list CORDON-4 203.0.113.10'))
    await own.ask(COMMIT)
    assert.equal(await dropped(), false, 'a private commit leaves them alone')
    await client.ask('<commit/>')
    assert.equal(await dropped(), true)
  })

  test('a confirmed commit is undone after its minutes, whoever is there, and confirmed by anybody', async () => {
    const client = await talk()
    await client.ask(edit(item('203.0.113.9/32')))
    await client.ask(
      '<commit-configuration><confirmed/><confirm-timeout>5</confirm-timeout></commit-configuration>',
    )
    client.leave()
    assert.equal(await dropped(), true)
    await eventually('the minutes to pass', 5_000, async () => !(await dropped()))
    const other = await talk()
    await other.ask(edit(item('203.0.113.9/32')))
    await other.ask(
      '<commit-configuration><confirmed/><confirm-timeout>600</confirm-timeout></commit-configuration>',
    )
    const third = await talk()
    await third.ask(COMMIT)
    await router.control.reboot()
    assert.equal(await dropped(), true, 'it was confirmed')
    const fourth = await talk()
    await fourth.ask(edit(item('203.0.113.9/32', 'operation="delete"')))
    await fourth.ask('<commit-configuration><confirmed/></commit-configuration>')
    assert.equal(await dropped(), false)
    await router.control.reboot()
    assert.equal(await dropped(), true, 'a start goes back to what was confirmed')
  })

  test('tells its time, its interfaces, its neighbours and what its filters have counted', async () => {
    const client = await talk()
    await router.control.edit(
      'set policy-options prefix-list CORDON-4 203.0.113.9\nset interfaces ge-0/0/1 disable\ndeactivate protocols bgp group upstream neighbor 192.0.2.249',
    )
    await dropped()
    await dropped({ destination: '203.0.113.10' })
    const firewall = await client.ask('<get-firewall-information/>')
    const counts = all(firewall, 'counter').map((one) => [
      textOf(one, 'counter-name'),
      textOf(one, 'packet-count'),
    ])
    assert.deepEqual(counts, [
      ['to', '1'],
      ['seen', '1'],
    ])
    const terse = await client.ask('<get-interface-information><terse/></get-interface-information>')
    assert.deepEqual(
      all(terse, 'physical-interface').map((one) => [textOf(one, 'name'), textOf(one, 'admin-status')]),
      [
        ['ge-0/0/0', 'up'],
        ['ge-0/0/1', 'down'],
      ],
    )
    assert.equal(found(await client.ask('<get-bgp-neighbor-information/>'), 'bgp-peer'), undefined)
    const peers = await client.ask(
      '<get-configuration><configuration><protocols/></configuration></get-configuration>',
    )
    assert.equal(found(peers, 'neighbor')?.attributes.get('inactive'), 'inactive')
    await router.control.edit('activate protocols bgp group upstream neighbor 192.0.2.249')
    assert.equal(textOf(await client.ask('<get-bgp-neighbor-information/>'), 'peer-state'), 'Established')
    await router.control.arm({ kind: 'clock-offset', ms: 3_600_000 })
    const uptime = await client.ask('<get-system-uptime-information/>')
    const seconds = Number(
      found(uptime, 'date-time')?.attributes.get(`{${'http://xml.juniper.net/junos/23.4R1/junos'}}seconds`),
    )
    assert.ok(Math.abs(seconds * 1_000 - Date.now() - 3_600_000) < 60_000)
  })
})

function all(element: Element, name: string): Element[] {
  return [...(element.name === name ? [element] : []), ...element.children.flatMap((one) => all(one, name))]
}
