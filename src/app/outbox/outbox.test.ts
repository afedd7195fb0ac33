import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '../../../simulator/eventually.ts'
import { type AppOptions, makeApp, type TestApp } from '../../../test/helpers/app.ts'
import { startSmtpServer, type TestSmtpServer } from '../../../test/helpers/smtp-server.ts'
import {
  DESK,
  ITSS,
  type TellingOptions,
  THREADS,
  tell,
  withContacts,
} from '../../../test/helpers/telling.ts'
import { DEFAULT_LIMITS } from '../../guards/limits.ts'
import { LedgerFull } from '../../ledger/ledger.ts'
import { createBlocks } from '../create-blocks.ts'
import { releaseBlock } from '../release-block.ts'
import { sayAbout } from '../requests/answer.ts'
import { fileUnblock } from '../requests/file.ts'
import { denyRequest, grantRequest } from '../requests/settle.ts'
import { authenticate } from '../tokens.ts'
import { sendAgain } from './manage.ts'
import type { RunningOutbox } from './outbox.ts'

const SOON = 10_000
/** A burst is taken. */
const MANY = {
  roles: { analyst: {}, trigger: {} },
  wide: { ...DEFAULT_LIMITS.wide, ownHostsInADay: 1e6 },
}

/** An app that writes to the people of its site by way of a real server. */
class Office {
  readonly app: TestApp
  readonly server: TestSmtpServer
  #running: RunningOutbox
  #keys = 0

  private constructor(app: TestApp, server: TestSmtpServer, running: RunningOutbox) {
    this.app = app
    this.server = server
    this.#running = running
  }

  static async open(
    t: TestContext,
    options: TellingOptions = {},
    site: NonNullable<AppOptions['site']> = withContacts,
  ): Promise<Office> {
    const server = await startSmtpServer()
    const app = await makeApp({ site, limits: MANY })
    const office = new Office(app, server, tell(app, { port: server.port, ...options }))
    t.after(async () => {
      await office.#running.close()
      await app.close()
      await server.close()
    })
    return office
  }

  async block(targets: readonly string[], over: object = {}): Promise<number[]> {
    const caller = authenticate(this.app, await this.app.root())
    const wanted = targets.map((target) => ({ target, reason: 'sends spam', duration: '1h', ...over }))
    const { items } = await createBlocks(this.app, caller, wanted, `key ${this.#keys++}`)
    return items.map((item) => {
      assert.ok(item.ok, item.ok ? '' : item.error.message)
      return item.block.id
    })
  }

  async mails(count: number): Promise<readonly { to: readonly string[]; text: string; id: string }[]> {
    await eventually(`${count} mails`, SOON, () => this.server.mails.length >= count)
    return this.server.mails.map(({ to, raw, id }) => ({ to, text: raw.toString(), id }))
  }

  async idle(): Promise<void> {
    const { head } = this.app.ledger
    await eventually('nothing waits', SOON, () => head.messages.size === 0 && head.pending.size === 0)
  }

  async again(options: TellingOptions, app: TestApp = this.app): Promise<void> {
    await this.#running.close()
    this.#running = tell(app, { port: this.server.port, ...options })
  }
}

describe('people are told', () => {
  it('of a block in their department, at once, with what to do, and the security contact has a copy', async (t) => {
    const office = await Office.open(t)
    const [id] = await office.block(['10.10.1.7'], { ticket: 'RT#4711', category: 'spam' })
    const [mail] = await office.mails(1)
    assert.deepEqual([...(mail?.to ?? [])].sort(), [ITSS, 'security@uni.example'])
    assert.match(mail?.text ?? '', new RegExp(`Subject: \\[Cordon#${id}\\] \\[rt.uni.example #4711\\] `))
    assert.match(mail?.text ?? '', /10\.10\.1\.7[\s\S]*sends spam/)
    assert.match(mail?.text ?? '', new RegExp(`cordon requests file ${id}`))
    assert.equal(THREADS.aboutOf(mail?.id ?? ''), id, 'an answer to it is known by its id')
    assert.match(mail?.text ?? '', /Auto-Submitted: auto-generated/i)
    await office.idle()
  })

  it('of nothing that is elsewhere', async (t) => {
    const office = await Office.open(t)
    await office.block(['203.0.113.9'])
    await office.block(['10.10.2.7'])
    const [mail] = await office.mails(1)
    assert.deepEqual(mail?.to.includes('it@law.example'), true)
    await office.idle()
    assert.equal(office.server.mails.length, 1)
  })

  it('at the desk, of a department for which nobody answers, and that it is in their place', async (t) => {
    const office = await Office.open(t, {}, (lists) => lists)
    await office.block(['10.10.1.7'])
    const [mail] = await office.mails(1)
    assert.ok(mail?.to.includes(DESK))
    assert.match(mail?.text ?? '', /department physics has no contact, so this comes to you/)
    await office.idle()
  })

  it('what else holds their host, and of what is wider than their department only that there is more', async (t) => {
    const office = await Office.open(t, { hearing: { every: 1_000 } }, (lists) => ({
      ...withContacts(lists),
      protected: [],
    }))
    const [id = 0] = await office.block(['10.10.1.7'])
    await office.mails(1)
    const [own = 0] = await office.block(['10.10.1.7'], { reason: 'scans, too' })
    const [wide = 0] = await office.block(['10.10.0.0/20'], {
      reason: 'secret investigation',
      breakGlass: true,
    })
    const caller = authenticate(office.app, await office.app.root())
    const itss = authenticate(office.app, await office.app.person('Ines', ['itss'], ['physics']))
    const { id: request } = await fileUnblock(office.app, itss, { block: id, text: 'reinstalled' })
    await grantRequest(office.app, caller, request, { text: 'thank you' })
    await eventually('the grant is told', SOON, () =>
      office.server.mails.some(({ raw, to }) => to.includes(ITSS) && raw.includes('is granted')),
    )
    const granted = office.server.mails.find(({ raw, to }) => to.includes(ITSS) && raw.includes('is granted'))
    const text = granted?.raw.toString() ?? ''
    assert.match(text, new RegExp(`Cordon#${own}`))
    assert.doesNotMatch(text, new RegExp(`Cordon#${wide}|secret`), 'law 10')
    assert.match(text, /1 more, wider than your department/)
    await office.idle()
    const ofWide = office.server.mails.filter(({ raw }) => raw.includes(`Cordon#${wide}`))
    assert.ok(ofWide.length > 0, 'that there is one they have to know')
    for (const { raw } of ofWide) assert.doesNotMatch(raw.toString(), /secret|10\.10\.0\.0/)
  })

  it('of a burst in few mails and not in thousands', async (t) => {
    const office = await Office.open(t, { hearing: { every: 3_000 } })
    await office.block(['10.10.1.1'])
    await office.mails(1)
    for (let round = 0; round < 5; round += 1)
      await office.block(Array.from({ length: 40 }, (_, at) => `10.10.1.${2 + round * 40 + at}`))
    await office.idle()
    const mails = await office.mails(2)
    assert.ok(mails.length <= 3, `${mails.length} mails`)
    assert.match(mails[1]?.text ?? '', /more/)
    assert.equal(office.app.ledger.head.blocks.size, 201)
  })

  it('of what is said about a request, each side what the other says, in one thread', async (t) => {
    const office = await Office.open(t)
    const { app } = office
    const [id = 0] = await office.block(['10.10.1.7'])
    await office.mails(1)
    const itss = authenticate(app, await app.person('Ines', ['itss'], ['physics']))
    const analyst = authenticate(app, await app.person('Ann', ['analyst']))
    const request = await fileUnblock(app, itss, { block: id, text: 'reinstalled' })
    await office.mails(3)
    await sayAbout(app, analyst, request.id, { text: 'which disk?' })
    await office.mails(4)
    await denyRequest(app, analyst, request.id, { text: 'it still sends', actions: ['change the disk'] })
    const mails = await office.mails(5)
    await office.idle()
    const ofRequest = mails.slice(1)
    assert.deepEqual(ofRequest.map(({ to }) => to.find((one) => one !== 'security@uni.example')).sort(), [
      DESK,
      ITSS,
      ITSS,
      ITSS,
    ])
    for (const { text } of ofRequest) {
      assert.match(text, new RegExp(`Subject: \\[Cordon#${request.id}\\] `))
      assert.match(text.replaceAll(/\r\n\s+/g, ' '), new RegExp(`References: <${THREADS.idOf(id, 0)}>`))
    }
    assert.match(ofRequest.at(-1)?.text ?? '', /1\. change the disk/)
  })

  it('that a block has ended, when it is not told yet that it began, in one mail', async (t) => {
    const office = await Office.open(t)
    await office.block(['10.10.1.1'])
    await office.mails(1)
    const [second = 0] = await office.block(['10.10.1.2'])
    await releaseBlock(office.app, authenticate(office.app, await office.app.root()), second, 'a mistake')
    await eventually(
      'it is seen',
      SOON,
      () => (office.app.ledger.head.pending.get('itss:physics')?.length ?? 0) === 2,
    )
    office.app.skip(60_000)
    await office.again({})
    const mails = await office.mails(2)
    assert.match(mails[1]?.text ?? '', new RegExp(`Subject: \\[Cordon#${second}\\]`))
    await office.idle()
    assert.equal(office.server.mails.length, 2)
  })
})

describe('what cannot be sent', () => {
  it('is tried again while the server is away, for a day, and then comes once', async (t) => {
    const office = await Office.open(t)
    office.server.faults.at('connect', 'drop', 1)
    await office.block(['10.10.1.7'])
    await eventually('it is seen', SOON, () => office.server.faults.pending === 0)
    assert.equal(office.server.mails.length, 0)
    office.app.skip(24 * 3_600_000)
    await office.again({})
    await office.mails(1)
    await office.idle()
    assert.equal(office.server.mails.length, 1)
  })

  it('is a dead letter, with the words of the server, and people can let it be tried again', async (t) => {
    const office = await Office.open(t)
    office.server.faults.at('mail', { code: 550, words: 'we do not like you' })
    await office.block(['10.10.1.7'])
    const { head } = office.app.ledger
    await eventually('it is seen', SOON, () =>
      [...head.messages.values()].some(({ dead }) => dead !== undefined),
    )
    const [message] = [...head.messages.values()]
    assert.match(message?.dead?.words ?? '', /we do not like you/)
    await sendAgain(office.app, authenticate(office.app, await office.app.root()), message?.id ?? 0)
    await office.mails(1)
    await office.idle()
  })

  it('goes again to those alone who were put off', async (t) => {
    const office = await Office.open(t)
    office.server.faults.forRecipient(ITSS, { code: 451, words: 'try later' })
    await office.block(['10.10.1.7'])
    await office.mails(1)
    await eventually(
      'it is seen',
      SOON,
      () => [...office.app.ledger.head.messages.values()][0]?.left !== undefined,
    )
    await office.again({})
    const mails = await office.mails(2)
    assert.deepEqual(
      mails.map(({ to }) => to),
      [['security@uni.example'], [ITSS]],
    )
    assert.equal(mails[0]?.id, mails[1]?.id)
    await office.idle()
  })

  it('is given up after five days', async (t) => {
    const office = await Office.open(t, { port: 1 })
    await office.block(['10.10.1.7'])
    const { head } = office.app.ledger
    await eventually('it is seen', SOON, () => head.messages.size === 1)
    office.app.skip(6 * 24 * 3_600_000)
    await office.again({ port: 1 })
    await eventually('it is seen', SOON, () => [...head.messages.values()][0]?.dead !== undefined)
    assert.match([...head.messages.values()][0]?.dead?.words ?? '', /not delivered within 5d/)
  })

  it('is sent once, although its end cannot be recorded for a while', async (t) => {
    const office = await Office.open(t, { port: 1 })
    await office.block(['10.10.1.7'])
    await eventually('it is written', SOON, () => office.app.ledger.head.messages.size === 1)
    let full = 3
    const { ledger } = office.app
    const commit: typeof ledger.commit = (decide, options) =>
      ledger.commit((head, now) => {
        const decided = decide(head, now)
        if (decided.events.some(({ type }) => type === 'message.sent') && full-- > 0)
          throw new LedgerFull(new Error('no space'))
        return decided
      }, options)
    const doubting = new Proxy(ledger, {
      get: (of, name) => (name === 'commit' ? commit : bound(of, name)),
    })
    await office.again({}, { ...office.app, ledger: doubting })
    await office.idle()
    assert.equal(full, -1)
    assert.equal(office.server.mails.length, 1)
  })
})

function bound(of: object, name: string | symbol): unknown {
  const value: unknown = Reflect.get(of, name, of)
  return typeof value === 'function' ? (value.bind(of) as unknown) : value
}
