import assert from 'node:assert/strict'
import { after, afterEach, before, describe, it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { readMatch } from '../../src/domain/match.ts'
import { DROP, filterRule, type Rule } from '../../src/domain/rule.ts'
import { NetconfTalk } from '../../test/helpers/netconf-talk.ts'
import { AdapterError, type DeviceChange, type Outcome, type Session } from '../adapter.ts'
import { netconfAdapter } from './index.ts'
import { type Driver, deviceOn, type Simulated, simulate } from './testing/simulated.ts'

const NEVER = new AbortController().signal
const BY_HAND: Readonly<Record<Driver, (prefix: string) => string>> = {
  junos: (prefix) => `set policy-options prefix-list CORDON-4-FROM ${prefix}`,
  'ietf-acl': (prefix) =>
    `<acls xmlns="urn:ietf:params:xml:ns:yang:ietf-access-control-list"><acl><name>CORDON-4</name><aces><ace xmlns:yang="urn:ietf:params:xml:ns:yang:1" yang:insert="first"><name>noc-1</name><matches><ipv4><source-ipv4-network>${prefix}</source-ipv4-network></ipv4></matches><actions><forwarding>drop</forwarding></actions></ace></aces></acl></acls>`,
}
const REMOVED: Readonly<Record<Driver, (address: string) => string>> = {
  junos: (address) => `delete policy-options prefix-list CORDON-4-FROM ${address}/32`,
  'ietf-acl': (address) =>
    `<acls xmlns="urn:ietf:params:xml:ns:yang:ietf-access-control-list" xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"><acl><name>CORDON-4</name><aces><ace nc:operation="delete"><name>CORDON-from-${address}/32</name></ace></aces></acl></acls>`,
}

function from(address: string): Rule {
  return filterRule('acl', readMatch(4, { source: address }), DROP)
}

const A = from('198.18.0.1')
const B = from('198.18.0.2')

for (const driver of ['junos', 'ietf-acl'] as const)
  describe(`trouble on a router of ${driver}`, () => {
    let simulated: Simulated
    let sessions: Session[] = []
    let talks: NetconfTalk[] = []
    let changes: DeviceChange[] = []

    before(async () => {
      simulated = await simulate(driver)
    })
    afterEach(async () => {
      for (const talk of talks) talk.leave()
      await Promise.all(sessions.map((session) => session.close()))
      sessions = []
      talks = []
      await deviceOn(simulated)
    })
    after(() => simulated.stop())

    async function open(more: object = {}): Promise<Session> {
      const session = await netconfAdapter.open({ ...simulated.config, ...more }, simulated.env())
      changes = []
      session.onChange?.((change) => changes.push(change))
      sessions.push(session)
      return session
    }

    async function talk(): Promise<NetconfTalk> {
      const one = await NetconfTalk.open({ port: simulated.router.port, password: 'correct horse battery' })
      talks.push(one)
      return one
    }

    async function put(session: Session, ...rules: Rule[]): Promise<ReadonlyMap<string, Outcome>> {
      return await session.apply({ put: rules, remove: [] }, NEVER)
    }

    async function held(session: Session): Promise<string[]> {
      return (await session.observe('all', NEVER)).rules.map(({ key }) => key).sort()
    }

    const isDown = (): boolean => changes.some(({ type }) => type === 'down')

    it('a person who holds the lock is named, keeps it, and is waited for', async () => {
      const session = await open()
      await simulated.router.control.lock('ada')
      const outcome = (await put(session, A)).get(A.key)
      assert.ok(outcome?.result === 'failed' && outcome.class === 'locked', JSON.stringify(outcome))
      assert.match(outcome.words, driver === 'junos' ? /ada/ : /somebody outside of NETCONF/)
      assert.equal(await simulated.drops('source', '198.18.0.1'), false)
      await simulated.router.control.unlock()
      assert.equal((await put(session, A)).get(A.key)?.result, 'done')
      assert.equal(await simulated.drops('source', '198.18.0.1'), true)
      assert.ok(!isDown())
    })

    // Where a session has a candidate of its own, the lock of the shared one is nothing to us.
    if (driver === 'ietf-acl')
      it('another session’s lock is named, and not broken', async () => {
        const session = await open()
        const other = await talk()
        assert.equal(await other.outcome('<lock><target><candidate/></target></lock>'), 'ok')
        const outcome = (await put(session, A)).get(A.key)
        assert.ok(outcome?.result === 'failed' && outcome.class === 'locked')
        assert.match(outcome.words, new RegExp(`session ${other.id}\\b`))
        assert.equal(await other.outcome('<unlock><target><candidate/></target></unlock>'), 'ok')
      })

    it('what somebody has not committed is neither committed nor discarded', async () => {
      const session = await open()
      await simulated.router.control.dirty(BY_HAND[driver]('198.18.9.9/32'))
      const outcome = (await put(session, A)).get(A.key)
      assert.equal(await simulated.drops('source', '198.18.9.9'), false)
      if (outcome?.result === 'done') assert.equal(driver, 'junos', 'a candidate of our own is another one')
      else {
        assert.ok(outcome?.result === 'failed' && outcome.class === 'locked', JSON.stringify(outcome))
        assert.match(outcome.words, /not committed/)
      }
      const candidate = await (await talk()).ask('<get-config><source><candidate/></source></get-config>')
      assert.match(JSON.stringify(candidate), /198\.18\.9\.9/)
    })

    it('a confirmed commit of somebody’s that is not confirmed yet is left alone', async () => {
      const other = await talk()
      const config =
        driver === 'junos'
          ? '<configuration><policy-options><prefix-list><name>SITE</name></prefix-list></policy-options></configuration>'
          : '<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces"><interface><name>eth0</name><enabled>true</enabled></interface></interfaces>'
      const edit = `<edit-config><target><candidate/></target><config>${config}</config></edit-config>`
      assert.equal(await other.outcome(edit), 'ok')
      const confirmed = '<commit><confirmed/><confirm-timeout>60</confirm-timeout></commit>'
      assert.equal(await other.outcome(confirmed), 'ok')
      const session = await open()
      const outcome = (await put(session, A)).get(A.key)
      // On Junos any commit confirms it: nothing of RFC 6241 stands in the way there.
      if (driver === 'junos') return
      assert.ok(outcome?.result === 'failed' && outcome.class === 'locked', JSON.stringify(outcome))
      assert.equal(await simulated.drops('source', '198.18.0.1'), false)
      assert.equal(await other.outcome('<commit/>'), 'ok')
      assert.equal((await put(session, A)).get(A.key)?.result, 'done')
    })

    it('an ok for what was not done is found out', async () => {
      const session = await open()
      await simulated.router.control.arm({ kind: 'false-ok' })
      const outcome = (await put(session, A)).get(A.key)
      assert.ok(outcome?.result === 'failed' && outcome.class === 'rejected')
      assert.match(outcome.words, /said that it was done, and does not have it/)
      assert.equal((await put(session, A)).get(A.key)?.result, 'done')
      await simulated.router.control.arm({ kind: 'false-ok' })
      const removed = (await session.apply({ put: [], remove: [A] }, NEVER)).get(A.key)
      assert.ok(removed?.result === 'failed' && /has it still/.test(removed.words))
      assert.deepEqual(await held(session), [A.key])
    })

    it('a reply that is lost leaves everything unknown until it is read in a new session', async () => {
      const session = await open()
      await simulated.router.control.arm({ kind: 'lose-reply' })
      const outcomes = await put(session, A, B)
      for (const rule of [A, B]) assert.equal(outcomes.get(rule.key)?.result, 'unknown')
      assert.ok(isDown())
      const next = await open()
      assert.deepEqual(await held(next), [A.key, B.key])
      assert.equal(await simulated.drops('source', '198.18.0.2'), true)
    })

    it('a connection that dies at any byte never makes done of what is not so', async () => {
      for (let bytes = 0; bytes < 2_400; bytes += 173) {
        const session = await open()
        await session.observe('all', NEVER)
        await simulated.router.control.arm({ kind: 'cut-at', bytes })
        const outcome = await put(session, A).then(
          (outcomes) => outcomes.get(A.key),
          (error: unknown) => error,
        )
        await simulated.router.control.clear('cut-at')
        const stands = await simulated.drops('source', '198.18.0.1')
        if (outcome instanceof AdapterError)
          assert.equal(outcome.class, 'unreachable', `after ${bytes} bytes`)
        else {
          const { result } = outcome as Outcome
          if (result === 'done') assert.ok(stands, `done after ${bytes} bytes`)
          if (result === 'failed') assert.ok(!stands, `failed after ${bytes} bytes`)
        }
        const next = await open()
        assert.deepEqual(await held(next), stands ? [A.key] : [])
        await next.apply({ put: [], remove: [A] }, NEVER)
      }
    })

    it('a commit that takes long is waited for', async () => {
      const session = await open()
      await simulated.router.control.arm({ kind: 'slow-commit', ms: 900, power: 0 })
      assert.equal((await put(session, A)).get(A.key)?.result, 'done')
    })

    for (const at of ['edit', 'commit'] as const)
      it(`what is over its room at the ${at} is told, and the rest stands`, async () => {
        const session = await open()
        assert.equal((await put(session, A)).get(A.key)?.result, 'done')
        const full = await fillUp(session, at)
        await simulated.router.control.arm({ kind: 'entry-limit', most: full + 3, at })
        const more = Array.from({ length: 8 }, (_, index) => from(`198.18.1.${index}`))
        const outcomes = await put(session, ...more)
        const done = more.filter(({ key }) => outcomes.get(key)?.result === 'done')
        assert.equal(done.length, 3)
        for (const { key } of more) {
          const outcome = outcomes.get(key)
          if (outcome?.result !== 'done')
            assert.ok(outcome?.result === 'failed' && outcome.class === 'capacity', JSON.stringify(outcome))
        }
        const swapped = await session.apply({ put: [from('198.18.1.7')], remove: [A] }, NEVER)
        assert.deepEqual(
          [...swapped.values()].map(({ result }) => result),
          ['done', 'done'],
        )
      })

    it('entries that somebody takes out or puts in by hand are noticed, and survive us', async () => {
      const session = await open({ lookEvery: 1 })
      await put(session, A, B)
      await simulated.router.control.edit(REMOVED[driver]('198.18.0.1'))
      await eventually('the removal to be noticed', 8_000, () =>
        changes.some((change) => change.type === 'seen' && change.key === A.key && !change.present),
      )
      await simulated.router.control.edit(BY_HAND[driver]('198.18.9.9/32'))
      if (driver === 'junos')
        await eventually('the addition to be noticed', 8_000, () =>
          changes.some(({ type }) => type === 'resync'),
        )
      const { foreign } = await session.observe('all', NEVER)
      assert.equal(foreign, driver === 'junos' ? 0 : 1, 'only a name of its own tells an entry from ours')
      await session.apply({ put: [A], remove: [B] }, NEVER)
      assert.equal(await simulated.drops('source', '198.18.9.9'), true)
    })

    if (driver === 'junos')
      it('what a person has deactivated is not held, is put again by a put, and taken away by a removal', async () => {
        const session = await open()
        await put(session, A, B)
        const item = 'policy-options prefix-list CORDON-4-FROM 198.18.0.1/32'
        await simulated.router.control.edit(`deactivate ${item}`)
        assert.equal(await simulated.drops('source', '198.18.0.1'), false)
        const { rules, uncertain } = await session.observe('all', NEVER)
        assert.deepEqual([rules.map(({ key }) => key), uncertain.map(({ key }) => key)], [[B.key], [A.key]])
        assert.equal((await put(session, A)).get(A.key)?.result, 'done')
        assert.equal(await simulated.drops('source', '198.18.0.1'), true)
        await simulated.router.control.edit(`deactivate ${item}`)
        assert.equal((await session.apply({ put: [], remove: [A] }, NEVER)).get(A.key)?.result, 'done')
        await simulated.router.control.edit('set policy-options prefix-list CORDON-4-FROM 198.18.0.9/32')
        assert.doesNotMatch(await simulated.router.control.running(), /198\.18\.0\.1\//)
      })

    if (driver === 'junos')
      it('behind a kill switch nothing is held, nothing is put, and what ends is taken away', async () => {
        const session = await open({ lookEvery: 1 })
        await put(session, A, B)
        const term = 'firewall family inet filter CORDON-4 term from'
        await simulated.router.control.edit(`deactivate ${term}`)
        assert.equal(await simulated.drops('source', '198.18.0.1'), false)
        await eventually('it to be noticed', 8_000, () =>
          changes.some((change) => change.type === 'status' && change.code === 'not-provisioned'),
        )
        assert.deepEqual(await held(session), [])
        const outcome = (await put(session, from('198.18.0.3'))).get(from('198.18.0.3').key)
        assert.ok(outcome?.result === 'failed' && /no term of filter CORDON-4 that drops/.test(outcome.words))
        assert.equal((await session.apply({ put: [], remove: [A] }, NEVER)).get(A.key)?.result, 'done')
        await simulated.router.control.edit(`activate ${term}`)
        assert.deepEqual(await held(session), [B.key])
        assert.equal(await simulated.drops('source', '198.18.0.1'), false)
        assert.equal((await put(session, A)).get(A.key)?.result, 'done')
      })

    it('a router that restarts with an older configuration is read anew', async () => {
      const session = await open()
      await put(session, A)
      await simulated.router.control.reboot(simulated.start)
      await eventually('the session to be over', 5_000, isDown)
      const next = await open()
      assert.deepEqual(await held(next), [])
      assert.equal((await put(next, A)).get(A.key)?.result, 'done')
    })

    it('containers that are not there are named, with what to do', async () => {
      await simulated.router.control.reboot('')
      const session = await open()
      assert.deepEqual(await held(session), [])
      const outcome = (await put(session, A)).get(A.key)
      assert.ok(outcome?.result === 'failed' && /CORDON-4.*cordon provision/.test(outcome.words))
      assert.equal((await session.apply({ put: [], remove: [A] }, NEVER)).get(A.key)?.result, 'done')
      const told = changes.filter((change) => change.type === 'status' && change.code === 'not-provisioned')
      assert.equal(told.length, 1)
      assert.doesNotMatch(await simulated.router.control.running(), /198\.18\.0\.1/)
    })

    it('another host key, none that is known, and a login that fails have classes of their own', async () => {
      const { config } = simulated
      const opening = (more: object) => netconfAdapter.open({ ...config, ...more }, simulated.env())
      const fails = (errorClass: string, code: string) => (error: unknown) =>
        error instanceof AdapterError && error.class === errorClass && error.code === code
      await simulated.router.control.changeHostKey()
      await assert.rejects(opening({}), fails('host-key', 'host-key-changed'))
      await assert.rejects(opening({ hostKeys: [] }), fails('host-key', 'host-key-unknown'))
      const { line } = await simulated.router.control.identity()
      await (await netconfAdapter.open({ ...config, hostKeys: [line] }, simulated.env())).close()
      await simulated.router.control.arm({ kind: 'refuse-logins' })
      await assert.rejects(opening({ hostKeys: [line] }), fails('auth', 'auth'))
    })

    /** Finds out by trying how the router counts: with one entry more it is full at the number returned. */
    async function fillUp(session: Session, at: 'edit' | 'commit'): Promise<number> {
      for (let most = 1; ; most += 1) {
        await simulated.router.control.arm({ kind: 'entry-limit', most, at })
        if ((await put(session, B)).get(B.key)?.result === 'done') return most
      }
    }
  })
