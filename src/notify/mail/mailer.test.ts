import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, type TestContext } from 'node:test'
import { makeCertificate } from '../../../test/helpers/certificate.ts'
import { startSmtpServer } from '../../../test/helpers/smtp-server.ts'
import { realClock } from '../../../test/helpers/system-clock.ts'
import type { Clock } from '../../domain/clock.ts'
import { SILENT } from '../../domain/log.ts'
import { openMailer } from './mailer.ts'
import type { Delivery, MailMessage } from './message.ts'
import type { SmtpPlace } from './smtp-session.ts'

const folder = mkdtempSync(join(tmpdir(), 'cordon-mailer-'))
after(() => rmSync(folder, { recursive: true, force: true }))
mkdirSync(join(folder, 'other'))
const certificate = makeCertificate(folder)
const other = makeCertificate(join(folder, 'other'), 'DNS:elsewhere.example')

/** Three hundred times as fast, so that no test waits for ten minutes. */
const FAST: Clock = { ...realClock(), after: (ms, run) => realClock().after(ms / 300, run) }
const LOGIN = { user: 'cordon', password: 'swordfish-of-the-north' }

const MAIL: MailMessage = {
  id: '1042.1@cordon.example.org',
  from: { name: 'Cordon', mail: 'csirt@example.org' },
  to: [{ mail: 'it@physics.example.org' }],
  cc: [{ mail: 'it@history.example.org' }],
  subject: '[Cordon#1042] blocked',
  text: 'A host is blocked.\n.\nThe end.\n',
  date: Date.UTC(2026, 10, 20, 12),
  references: [],
  headers: {},
}

const never = new AbortController().signal

type Server = Awaited<ReturnType<typeof startSmtpServer>>

async function serverFor(
  t: TestContext,
  options: Parameters<typeof startSmtpServer>[0] = {},
): Promise<Server> {
  const server = await startSmtpServer(options)
  t.after(() => server.close())
  return server
}

function mailerFor(t: TestContext, port: number, more: Partial<SmtpPlace> = {}, clock: Clock = realClock()) {
  const place: SmtpPlace = { host: '127.0.0.1', port, tls: 'none', timeout: 20_000, ...more }
  const mailer = openMailer(place, { clock, log: SILENT, password: async () => LOGIN.password })
  t.after(() => mailer.close())
  return mailer
}

function isLater(delivery: Delivery, kind: string, words: RegExp, maybeTaken = false): void {
  assert.ok(delivery.outcome === 'later', JSON.stringify(delivery))
  assert.deepEqual([delivery.class, delivery.maybeTaken], [kind, maybeTaken], JSON.stringify(delivery))
  assert.match(delivery.words, words)
}

describe('a mail that is sent', () => {
  it('is taken whole, with its lines that begin with dots', async (t) => {
    const server = await serverFor(t)
    const delivery = await mailerFor(t, server.port).send(MAIL, never)
    assert.equal(delivery.outcome, 'sent')
    const [mail] = server.mails
    assert.deepEqual(
      [mail?.from, mail?.to],
      ['csirt@example.org', ['it@physics.example.org', 'it@history.example.org']],
    )
    assert.equal(mail?.id, MAIL.id)
    assert.match(mail?.raw.toString() ?? '', /\r\n\r\nA host is blocked\.\r\n\.\r\nThe end\.\r\n$/)
  })

  it('goes over one connection with the next, and over a new one when that has died', async (t) => {
    const server = await serverFor(t)
    const mailer = mailerFor(t, server.port)
    await Promise.all([mailer.send(MAIL, never), mailer.send({ ...MAIL, id: '2@cordon.example' }, never)])
    assert.deepEqual([server.mails.length, server.connections()], [2, 1])
    server.dropAll()
    assert.equal((await mailer.send({ ...MAIL, id: '3@cordon.example' }, never)).outcome, 'sent')
    assert.deepEqual([server.mails.length, server.connections()], [3, 2])
  })

  for (const mode of ['implicit', 'starttls'] as const)
    it(`goes over TLS (${mode}) with a login`, async (t) => {
      const server = await serverFor(t, { tls: { mode, certificate }, login: LOGIN })
      const place = { tls: mode, caFile: certificate.certFile, user: LOGIN.user }
      assert.equal((await mailerFor(t, server.port, place).send(MAIL, never)).outcome, 'sent')
      assert.deepEqual([server.mails[0]?.secure, server.mails[0]?.user], [true, 'cordon'])
    })

  it('goes to those of the envelope alone', async (t) => {
    const server = await serverFor(t)
    await mailerFor(t, server.port).send(MAIL, never, ['it@history.example.org'])
    assert.deepEqual(server.mails[0]?.to, ['it@history.example.org'])
    assert.match(server.mails[0]?.raw.toString() ?? '', /^To: it@physics\.example\.org\r$/m)
  })
})

describe('TLS', () => {
  it('is never done without where the server does not offer it', async (t) => {
    const server = await serverFor(t)
    const delivery = await mailerFor(t, server.port, { tls: 'starttls' }).send(MAIL, never)
    isLater(delivery, 'tls', /STARTTLS/i)
    assert.equal(server.mails.length, 0)
  })

  for (const mode of ['implicit', 'starttls'] as const) {
    it(`(${mode}) takes no certificate that nobody vouches for`, async (t) => {
      const server = await serverFor(t, { tls: { mode, certificate } })
      isLater(await mailerFor(t, server.port, { tls: mode }).send(MAIL, never), 'tls', /certificate/)
    })

    it(`(${mode}) takes no certificate of another name`, async (t) => {
      const server = await serverFor(t, { tls: { mode, certificate: other } })
      const place = { tls: mode, caFile: other.certFile }
      isLater(await mailerFor(t, server.port, place).send(MAIL, never), 'tls', /altnames|not in the cert/)
      const named = { ...place, servername: 'elsewhere.example' }
      assert.equal((await mailerFor(t, server.port, named).send(MAIL, never)).outcome, 'sent')
    })
  }

  it('says which file of authorities cannot be read', async (t) => {
    const delivery = await mailerFor(t, 9, { tls: 'implicit', caFile: join(folder, 'none.pem') }).send(
      MAIL,
      never,
    )
    isLater(delivery, 'tls', /none\.pem/)
  })
})

describe('a login', () => {
  it('that is refused is for an operator, and says no password', async (t) => {
    const server = await serverFor(t, { login: LOGIN })
    const echoed = `${LOGIN.password} ${Buffer.from(`\0cordon\0${LOGIN.password}`).toString('base64')}`
    server.faults.at('auth', { code: 535, words: `no ${echoed}` })
    const delivery = await mailerFor(t, server.port, { user: 'cordon' }).send(MAIL, never)
    isLater(delivery, 'auth', /does not take the login \(535/)
    assert.doesNotMatch(JSON.stringify(delivery), /swordfish|AGNvcmRvb/)
  })

  it('says no password when the server says it later', async (t) => {
    const server = await serverFor(t, { login: LOGIN })
    server.faults.at('mail', { code: 451, words: `not for ${LOGIN.password}` })
    const delivery = await mailerFor(t, server.port, { user: 'cordon' }).send(MAIL, never)
    isLater(delivery, 'busy', /not for \*\*\*/)
  })

  it('that is asked for and not configured is for an operator', async (t) => {
    const server = await serverFor(t, { login: LOGIN })
    isLater(await mailerFor(t, server.port).send(MAIL, never), 'auth', /530/)
  })
})

describe('a server that refuses', () => {
  const NO = { code: 550, words: 'never' }
  const WAIT = { code: 451, words: 'not now' }
  for (const phase of ['mail', 'rcpt', 'body', 'dot'] as const) {
    it(`for good at ${phase} is not asked again`, async (t) => {
      const server = await serverFor(t)
      server.faults.at(phase, NO, 2)
      const delivery = await mailerFor(t, server.port).send(MAIL, never)
      assert.equal(delivery.outcome, 'refused')
      assert.match(delivery.words, /^550 .*never/)
    })

    it(`for now at ${phase} is asked again, over the same connection`, async (t) => {
      const server = await serverFor(t)
      server.faults.at(phase, WAIT, phase === 'rcpt' ? 2 : 1)
      const mailer = mailerFor(t, server.port)
      isLater(await mailer.send(MAIL, never), 'busy', /^451 .*not now/)
      assert.equal((await mailer.send(MAIL, never)).outcome, 'sent')
      assert.deepEqual([server.mails.length, server.connections()], [1, 1])
    })
  }

  it('at its greeting refuses no mail', async (t) => {
    const server = await serverFor(t)
    server.faults.at('connect', { code: 554, words: 'no service here' })
    isLater(await mailerFor(t, server.port).send(MAIL, never), 'busy', /554/)
  })

  it('some recipients tells which, and who is left', async (t) => {
    const server = await serverFor(t)
    server.faults.forRecipient('it@physics.example.org', WAIT)
    server.faults.forRecipient('it@gone.example.org', NO)
    const mail = { ...MAIL, to: [...MAIL.to, { mail: 'it@gone.example.org' }] }
    const mailer = mailerFor(t, server.port)
    const delivery = await mailer.send(mail, never)
    assert.ok(delivery.outcome === 'sent')
    assert.deepEqual(delivery.left, ['it@physics.example.org'])
    assert.deepEqual(
      delivery.refused.map((one) => one.mail),
      ['it@gone.example.org'],
    )
    await mailer.send(mail, never, delivery.left)
    assert.deepEqual(
      server.mails.map((one) => one.to),
      [['it@history.example.org'], ['it@physics.example.org']],
    )
  })

  it('one recipient for now and the other for good is asked again', async (t) => {
    const server = await serverFor(t)
    server.faults.forRecipient('it@physics.example.org', WAIT)
    server.faults.forRecipient('it@history.example.org', NO)
    isLater(await mailerFor(t, server.port).send(MAIL, never), 'busy', /451/)
  })
})

describe('a connection', () => {
  for (const phase of ['connect', 'mail', 'rcpt', 'body', 'dot'] as const)
    it(`that breaks at ${phase} loses nothing`, async (t) => {
      const server = await serverFor(t)
      server.faults.at(phase, 'drop')
      const mailer = mailerFor(t, server.port)
      isLater(await mailer.send(MAIL, never), 'unreachable', /./, phase === 'dot')
      assert.equal((await mailer.send(MAIL, never)).outcome, 'sent')
      assert.equal(server.mails.length, 1)
    })

  it('that breaks before the answer to the last dot may have brought the mail', async (t) => {
    const server = await serverFor(t)
    server.faults.at('taken', 'drop')
    isLater(await mailerFor(t, server.port).send(MAIL, never), 'unreachable', /./, true)
    assert.equal(server.mails.length, 1)
  })

  for (const phase of ['connect', 'auth', 'mail', 'rcpt', 'body', 'dot'] as const)
    it(`without an answer at ${phase} ends in time`, async (t) => {
      const server = await serverFor(t, { login: LOGIN })
      server.faults.at(phase, 'hang')
      const mailer = mailerFor(t, server.port, { user: 'cordon', timeout: 300_000 }, FAST)
      isLater(
        await mailer.send(MAIL, never),
        'timeout',
        /in time|ended during/,
        phase === 'dot' || phase === 'body',
      )
      assert.equal(server.mails.length, 0)
    })

  it('to a server that lets a word drip ends in time', async (t) => {
    const sockets = new Set<Socket>()
    const dripping = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      const drip = setInterval(() => socket.write('220-x\r\n'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    await new Promise<void>((resolve) => dripping.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      dripping.close()
    })
    const { port } = dripping.address() as { port: number }
    isLater(await mailerFor(t, port, { timeout: 300_000 }, FAST).send(MAIL, never), 'timeout', /in time/)
  })

  it('that nobody takes is unreachable', async (t) => {
    const server = await startSmtpServer()
    await server.close()
    isLater(await mailerFor(t, server.port).send(MAIL, never), 'unreachable', /ECONNREFUSED/)
  })

  it('is given up at once when the controller stops', async (t) => {
    const server = await serverFor(t)
    server.faults.at('mail', 'hang')
    const stop = new AbortController()
    const sending = mailerFor(t, server.port).send(MAIL, stop.signal)
    setImmediate(() => stop.abort())
    isLater(await sending, 'unreachable', /being stopped/)
  })
})
