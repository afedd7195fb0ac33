import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { after, afterEach, before, describe, it } from 'node:test'
import { noRadclient, type RadclientOptions, radclient } from '../../test/helpers/radclient.ts'
import { eventually } from '../eventually.ts'
import { attribute } from './attributes.ts'
import { NO_FAULTS } from './faults.ts'
import { type Nas, startNas } from './nas.ts'
import type { Gate, NasSession } from './session.ts'
import { signRequest } from './signing.ts'

const SECRET = 'of-the-nas-7'
const ALICE = { user: 'alice@campus.example', station: '02-00-5E-10-00-01' }
const BOB = { user: 'bob@campus.example', station: '02-00-5E-10-00-02', cui: 'c0ffee', framedIp: '10.8.0.7' }
const SOON = 5_000

/** Notes what it is told, and fails when it is to. */
class NotingGate implements Gate {
  readonly heard: string[] = []
  broken = false

  open = (session: NasSession) => this.#note('open', session)
  close = (session: NasSession) => this.#note('close', session)
  move = (session: NasSession) => this.#note(`${session.vlan ?? session.filter}`, session)

  async #note(what: string, { user }: NasSession): Promise<void> {
    if (this.broken) throw new Error('the port does not move')
    this.heard.push(`${what} ${user.split('@')[0]}`)
  }
}

describe('a NAS, asked by radclient', { skip: noRadclient() }, () => {
  const gate = new NotingGate()
  let nas: Nas

  before(async () => {
    nas = await startNas({ secret: SECRET, identifier: 'ap1', accounting: [], gate })
  })
  afterEach(async () => {
    Object.assign(nas.faults, NO_FAULTS)
    for (const { id } of nas.sessions()) await nas.disconnect(id)
    gate.heard.length = 0
  })
  after(() => nas?.close())

  const ask = (attributes: readonly string[], more: Partial<RadclientOptions> = {}) =>
    radclient({ port: nas.port, secret: SECRET, command: 'disconnect', attributes, ...more })
  const users = (): string[] => nas.sessions().map(({ user }) => user)

  /** What is asked must be refused, with this cause, and change nothing. */
  async function refused(attributes: readonly string[], cause: string, more: Partial<RadclientOptions> = {}) {
    const before = nas.sessions()
    const { answer, attributes: said } = await ask(attributes, more)
    assert.deepEqual([answer?.replace(/^.*-/, ''), said], ['NAK', [`Error-Cause = ${cause}`]])
    assert.deepEqual(nas.sessions(), before)
  }

  it('ends the sessions that all of a request fits, and no others', async () => {
    const [one, two, three] = [await nas.connect(ALICE), await nas.connect(ALICE), await nas.connect(BOB)]
    await refused(
      ['User-Name = "alice@campus.example"', `Acct-Session-Id = "${three}"`],
      'Session-Context-Not-Found',
    )
    assert.equal((await ask([`Acct-Session-Id = "${one}"`])).answer, 'Disconnect-ACK')
    assert.deepEqual(
      nas.sessions().map(({ id }) => id),
      [two, three],
    )
    await nas.connect(ALICE)
    const byUser = [
      'User-Name = "alice@campus.example"',
      'NAS-Identifier = "ap1"',
      'NAS-IP-Address = 127.0.0.1',
    ]
    assert.equal((await ask(byUser)).answer, 'Disconnect-ACK')
    assert.deepEqual(users(), [BOB.user])
    await refused(byUser, 'Session-Context-Not-Found')
    const byTheRest = [
      ...['Calling-Station-Id = "02-00-5E-10-00-02"', 'Chargeable-User-Identity = "c0ffee"'],
      ...['Framed-IP-Address = 10.8.0.7', `NAS-Port = ${nas.sessions()[0]?.port}`],
    ]
    assert.equal((await ask(byTheRest)).answer, 'Disconnect-ACK')
    assert.deepEqual(users(), [])
    const ends = gate.heard.filter((what) => what.startsWith('close'))
    assert.deepEqual(ends, ['close alice', 'close alice', 'close alice', 'close bob'])
  })

  it('refuses what is for another NAS, names no session, or wants more than an end', async () => {
    await nas.connect(ALICE)
    const alice = 'User-Name = "alice@campus.example"'
    await refused([alice, 'NAS-Identifier = "ap2"'], 'NAS-Identification-Mismatch')
    await refused([alice, 'NAS-IP-Address = 127.0.0.2'], 'NAS-Identification-Mismatch')
    await refused([alice, 'NAS-IPv6-Address = ::1'], 'NAS-Identification-Mismatch')
    await refused(['NAS-Identifier = "ap1"'], 'Missing-Attribute')
    await refused([alice, 'Filter-Id = "guests"'], 'Unsupported-Attribute')
    await refused([alice, 'Service-Type = Authorize-Only'], 'Unsupported-Service')
    await refused([alice, 'Called-Station-Id = "x"'], 'Unsupported-Attribute')
  })

  it('moves a session into a VLAN, tagged or not, and behind a filter', async () => {
    const coa = { command: 'coa' } as const
    const id = await nas.connect(ALICE)
    const at = `Acct-Session-Id = "${id}"`
    const vlan = (tag: string, number: number): string[] => [
      ...[`Tunnel-Type${tag} = VLAN`, `Tunnel-Medium-Type${tag} = IEEE-802`],
      `Tunnel-Private-Group-Id${tag} = "${number}"`,
    ]
    assert.equal((await ask([at, ...vlan(':0', 666)], coa)).answer, 'CoA-ACK')
    assert.equal(nas.sessions()[0]?.vlan, '666')
    assert.equal((await ask([at, ...vlan(':1', 7), 'Filter-Id = "guests"'], coa)).answer, 'CoA-ACK')
    const { vlan: now, filter } = nas.sessions()[0] ?? {}
    assert.deepEqual([now, filter], ['7', 'guests'])
    assert.deepEqual(gate.heard, ['open alice', '666 alice', '7 alice'])
    await refused([at], 'Missing-Attribute', coa)
    await refused([at, 'Session-Timeout = 1'], 'Unsupported-Attribute', coa)
    await refused(
      [at, 'Tunnel-Type:1 = L2TP', 'Tunnel-Private-Group-Id:1 = "7"'],
      'Invalid-Attribute-Value',
      coa,
    )
    await refused(
      [at, 'Tunnel-Type:2 = VLAN', 'Tunnel-Private-Group-Id:1 = "7"'],
      'Invalid-Attribute-Value',
      coa,
    )
    await refused(['Filter-Id = "guests"'], 'Missing-Attribute', coa)
    await refused(['User-Name = "nobody"', 'Filter-Id = "guests"'], 'Session-Context-Not-Found', coa)
  })

  it('drops in silence what is signed with another secret, or is old', async () => {
    await nas.connect(ALICE)
    const { authenticator, old } = nas.dropped
    const request = ['User-Name = "alice@campus.example"', 'Message-Authenticator = 0x00']
    assert.equal((await ask(request, { secret: 'another' })).answer, undefined)
    assert.equal((await ask([...request, 'Event-Timestamp = 1000000000'])).answer, undefined)
    assert.deepEqual([nas.dropped.authenticator - authenticator, nas.dropped.old - old], [1, 1])
    assert.deepEqual(users(), [ALICE.user])
  })

  it('answers with a proof when it was asked with one, and gives a proxy back its state', async () => {
    await nas.connect(ALICE)
    const request = ['User-Name = "alice@campus.example"', 'Proxy-State = 0x0107']
    const { attributes, complaints } = await ask([...request, 'Message-Authenticator = 0x00'])
    assert.match(attributes.join(), /^Message-Authenticator = 0x[0-9a-f]{32},Proxy-State = 0x0107$/)
    assert.equal(complaints, '')
    assert.deepEqual((await ask(request)).attributes, [
      'Error-Cause = Session-Context-Not-Found',
      'Proxy-State = 0x0107',
    ])
  })

  it('hears nothing, only later copies, or answers late, as it is told', async () => {
    const request = ['User-Name = "alice@campus.example"']
    await nas.connect(ALICE)
    nas.faults.silent = true
    assert.equal((await ask(request)).answer, undefined)
    assert.deepEqual(users(), [ALICE.user])
    nas.faults.silent = false
    nas.faults.deaf = 2
    const { answer, sent } = await ask(request, { tries: 5, pause: 0.2 })
    assert.deepEqual([answer, sent], ['Disconnect-ACK', 3])
    assert.deepEqual(
      nas.seen.slice(-3).map(({ kind, copy }) => [kind, copy]),
      [1, 2, 3].map((copy) => ['Disconnect-Request', copy]),
    )
    Object.assign(nas.faults, { deaf: 0, delayMs: 60_000 })
    await nas.connect(ALICE)
    assert.equal((await ask(request)).answer, undefined)
    assert.deepEqual(users(), [ALICE.user])
  })

  it('refuses, lies, is spoken for, and lets back in, as it is told', async () => {
    const request = ['User-Name = "alice@campus.example"']
    const first = await nas.connect(ALICE)
    nas.faults.refuse = 501
    await refused(request, 'Administratively-Prohibited')
    Object.assign(nas.faults, NO_FAULTS, { lie: true })
    assert.equal((await ask(request)).answer, 'Disconnect-ACK')
    assert.equal((await ask([...request, 'Filter-Id = "x"'], { command: 'coa' })).answer, 'CoA-ACK')
    assert.deepEqual(gate.heard, ['open alice'])
    Object.assign(nas.faults, NO_FAULTS, { forge: true, reconnects: true })
    const { answer, complaints } = await ask(request, { tries: 2 })
    assert.equal(answer, 'Disconnect-ACK')
    assert.match(complaints, /Reply verification failed/)
    await eventually('the station to be back', SOON, () => nas.sessions().length === 1)
    assert.notEqual(nas.sessions()[0]?.id, first)
    assert.deepEqual(gate.heard, ['open alice', 'close alice', 'open alice'])
  })

  it('says that it cannot when what is behind it fails, and keeps the session', async () => {
    await nas.connect(ALICE)
    gate.broken = true
    await refused(['User-Name = "alice@campus.example"'], 'Resources-Unavailable')
    await assert.rejects(nas.connect(BOB), /does not move/)
    assert.deepEqual(users(), [ALICE.user])
    gate.broken = false
    assert.match(String(nas.trouble), /the port does not move/)
  })

  it('has an IPv6 address as well', async () => {
    const other = await startNas({ address: '::1', secret: SECRET, identifier: 'ap6', accounting: [] })
    try {
      await other.connect(ALICE)
      const attributes = ['User-Name = "alice@campus.example"', 'NAS-IPv6-Address = ::1']
      const { answer } = await ask(attributes, { host: '::1', port: other.port })
      assert.deepEqual([answer, other.sessions()], ['Disconnect-ACK', []])
    } finally {
      await other.close()
    }
  })
})

describe('a NAS that is asked the same again', () => {
  it('gives the same answer, and does it once', async () => {
    const gate = new NotingGate()
    const nas = await startNas({ secret: SECRET, identifier: 'ap1', accounting: [], gate })
    const socket = createSocket('udp4').bind(0, '127.0.0.1')
    try {
      await nas.connect(ALICE)
      const request = (user: string) =>
        signRequest({ code: 40, id: 9, attributes: [attribute('User-Name', user)] }, SECRET)
      const answerTo = async (bytes: Buffer): Promise<Buffer> => {
        const answer = once(socket, 'message', { signal: AbortSignal.timeout(SOON) })
        socket.send(bytes, nas.port, '127.0.0.1')
        const [datagram] = (await answer) as [Buffer]
        return datagram
      }
      const first = await answerTo(request(ALICE.user))
      await nas.connect(ALICE)
      assert.deepEqual(await answerTo(request(ALICE.user)), first)
      assert.deepEqual(gate.heard, ['open alice', 'close alice', 'open alice'])
      // The identifier again, of another request.
      assert.equal((await answerTo(request('nobody')))[0], 42)
      assert.equal((await answerTo(request(ALICE.user)))[0], 41)
      assert.deepEqual(nas.sessions(), [])
    } finally {
      socket.close()
      await nas.close()
    }
  })
})
