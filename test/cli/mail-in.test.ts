import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EXIT, MAIL_EXIT } from '../../src/cli/exit.ts'
import { ITSS } from '../helpers/telling.ts'
import { startFace } from '../http/face.ts'
import { Mailbox, readTooSlowly } from '../http/mailbox.ts'
import { type Answer, FakeApi, problem } from './fake-api.ts'
import { cordon, type Ran } from './harness.ts'

const MIB = 1 << 20
const CORDON = fileURLToPath(new URL('../../src/cli/cordon.mjs', import.meta.url))
/** What must not stand in any log of a mail server. */
const SECRET = 'the password is swordfish'

const open: FakeApi[] = []
afterEach(async () => {
  for (const api of open.splice(0)) await api.close()
})

function mail(subject: string, more: readonly string[] = [], body = SECRET): string {
  return [`From: ${ITSS}`, `Subject: ${subject}`, ...more, '', body, ''].join('\n')
}

interface Site {
  readonly box: Mailbox
  readonly url: string
  /** Pipes a mail, as the mailer of the site unless told. */
  pipe(input: string | Uint8Array, token?: string, ...line: string[]): Promise<Ran>
}

async function startSite(t: TestContext, read?: Parameters<typeof Mailbox.open>[1]): Promise<Site> {
  const box = await Mailbox.open(t, read)
  const url = await box.client.server.listen({ host: '127.0.0.1', port: 0 })
  const pipe: Site['pipe'] = (input, token = box.mailer, ...line) =>
    cordon(['mail-in', ...line], { env: { CORDON_URL: url, CORDON_TOKEN: token }, input })
  return { box, url, pipe }
}

/** Pipes a mail to what answers so. */
async function answered(answer: Answer, ...line: string[]): Promise<Ran & { readonly api: FakeApi }> {
  const api = await new FakeApi({ 'POST /v1/mail': () => answer }).listen()
  open.push(api)
  return { api, ...(await cordon(['mail-in', ...line], { env: api.env, input: mail('x') })) }
}

function saysWhy({ exit, stdout, stderr }: Ran, code: number, why: RegExp): void {
  assert.equal(exit, code, stderr)
  assert.match(stderr, why)
  assert.equal(stderr.trimEnd().split('\n').length, 1, 'one line')
  assert.equal(stdout, '')
  assert.doesNotMatch(stderr, new RegExp(`${SECRET}|${ITSS}`))
}

describe('a mail that a server pipes', () => {
  it('is taken as an answer, and once where it comes twice', async (t) => {
    const { box, pipe } = await startSite(t)
    const answer = mail(`Re: [Cordon#${box.block}] x`, [
      `In-Reply-To: <${box.thread(box.block)}>`,
      'Message-ID: <1@physics.example>',
    ])
    saysWhy(await pipe(answer), EXIT.ok, /is part of request Cordon#\d+ \(request\.filed\)/)
    const [request] = await box.requests()
    assert.equal(request?.['block'], box.block)
    saysWhy(await pipe(answer), EXIT.ok, /had come before/)
    assert.equal((await box.requests()).length, 1)
  })

  it('may have a line ahead of its headers', async (t) => {
    const { box, pipe } = await startSite(t)
    const envelope = `From ${ITSS}  Mon Nov 23 10:00:00 2026\n`
    saysWhy(
      await pipe(envelope + mail('one')),
      EXIT.ok,
      /waits for a person \(no-reference\): cordon mail show 1/,
    )
    assert.deepEqual(
      (await box.held()).map(({ from, subject }) => [from, subject]),
      [[ITSS, 'one']],
    )
  })

  it('is taken, too, when no person wrote it, or when it is of bytes that are no text', async (t) => {
    const { box, pipe } = await startSite(t)
    saysWhy(await pipe(mail('away', ['Auto-Submitted: auto-replied'])), EXIT.ok, /is ignored \(automatic\)/)
    const latin = Buffer.from(mail('x', ['Content-Type: text/plain; charset=iso-8859-1'], 'Grüße'), 'latin1')
    saysWhy(await pipe(latin), EXIT.ok, /waits for a person/)
    assert.equal((await box.held())[0]?.['text'], 'Grüße')
  })

  it('is not given back when there is no time to read it', async (t) => {
    const { box, url, pipe } = await startSite(t, readTooSlowly())
    saysWhy(await pipe(mail('slow')), EXIT.ok, /mail 1 waits for a person \(took-too-long\)/)
    const env = { CORDON_URL: url, CORDON_TOKEN: await box.client.app.root() }
    const { stdout } = await cordon(['mail', 'show', '1'], { env })
    assert.match(stdout, /it took too long to read; .* \(took-too-long\)/)
    assert.match(stdout, new RegExp(SECRET))
  })

  it('is told to a program as the API says it', async (t) => {
    const { box, pipe } = await startSite(t)
    const { stdout } = await pipe(mail('x'), box.mailer, '-o', 'json')
    assert.deepEqual(JSON.parse(stdout), {
      ...{ received: 1, verdict: 'held', why: 'no-reference', repeated: false },
    })
  })
})

describe('a mail that can never be taken', () => {
  it('is given back when it is too large or no mail, and not when it is as large as may be', async (t) => {
    const { box, pipe } = await startSite(t)
    const head = Buffer.from(mail('x'))
    const large = Buffer.concat([head, Buffer.alloc(10 * MIB - head.length, 'x\n')])
    saysWhy(await pipe(large), EXIT.ok, /waits for a person/)
    const more = Buffer.concat([large, Buffer.from('x')])
    saysWhy(await pipe(more), MAIL_EXIT.never, /more than 10 MiB/)
    saysWhy(await pipe('no sender\n\nx'), MAIL_EXIT.never, /mail-unreadable/)
    saysWhy(await pipe('no sender\n\nx', box.mailer, '--defer'), MAIL_EXIT.never, /mail-unreadable/)
    saysWhy(await pipe(''), MAIL_EXIT.never, /mail-unreadable/)
  })

  it('is not given back by a limit of something before the controller', async () => {
    saysWhy(await answered(problem(413, '413', 'too large')), MAIL_EXIT.again, /too large/)
  })
})

describe('a mail is to come again', () => {
  const cases: readonly [string, Answer][] = [
    ['too many at once', problem(429, 'too-many-requests', 'later')],
    ['the controller has too much to read', problem(503, 'mail-busy', 'later')],
    ['the disk is full', problem(507, 'ledger-full', 'later')],
    ['mail is not configured', problem(409, 'mail-not-configured', 'not here')],
    ['the controller is an old one', problem(404, 'not-found', 'no such route')],
    ['the connection breaks off each time', 'drop'],
    ['something else answers that all is well', { json: { ok: true } }],
    ['something else answers with nothing', {}],
    ['something fails', problem(500, 'internal', 'sorry')],
  ]
  for (const [why, answer] of cases)
    it(`when ${why}`, async () => {
      saysWhy(await answered(answer), MAIL_EXIT.again, /./)
    })

  it('when no controller is there, or its name is not known', async () => {
    for (const url of ['http://127.0.0.1:1', 'https://cordon.invalid', 'unix:/nowhere/cordon.sock'])
      saysWhy(
        await cordon(['mail-in'], { env: { CORDON_URL: url, CORDON_TOKEN: 'x' }, input: mail('x') }),
        MAIL_EXIT.again,
        /./,
      )
  })

  it('when the command line is wrong', async () => {
    const { exit, stderr } = await cordon(['mail-in', '--differ'], { input: mail('x') })
    assert.equal(exit, MAIL_EXIT.again)
    assert.match(stderr, /unknown option '--differ'/)
    assert.equal((await cordon(['mail-in', '--help'])).exit, EXIT.ok)
  })

  it('by itself, when the connection has broken off once', async () => {
    const taken = new FakeApi({
      'POST /v1/mail': (_, times) => (times === 1 ? 'drop' : { json: TAKEN }),
    })
    open.push(await taken.listen())
    const ran = await cordon(['mail-in'], { env: taken.env, input: mail('x') })
    saysWhy(ran, EXIT.ok, /waits for a person/)
    assert.equal(taken.of('POST /v1/mail').length, 2)
  })
})

const TAKEN = { received: 4, verdict: 'held', why: 'no-reference', repeated: false }

describe('a token that cannot hand mail over', () => {
  it('is told as such: wrong, over, or without the right', async (t) => {
    const { box, pipe } = await startSite(t)
    const { app } = box.client
    saysWhy(await pipe(mail('x'), await app.person('Ann', ['analyst'])), MAIL_EXIT.noRight, /mail:write/)
    saysWhy(await pipe(mail('x'), 'cordon_t9_wrong'), MAIL_EXIT.noRight, /token/)
    const short = await app.machine({ roles: ['mailer'], until: app.clock.now() + 60_000 })
    saysWhy(await pipe(mail('x'), short), EXIT.ok, /waits/)
    app.skip(61_000)
    saysWhy(await pipe(mail('y'), short), MAIL_EXIT.noRight, /token/)
    saysWhy(await pipe(mail('y'), short, '--defer'), MAIL_EXIT.again, /token/)
    assert.equal((await box.held()).length, 1)
  })

  it('is told when there is none, or it would go over a network in clear', async () => {
    const nothing = { HOME: '/nowhere' }
    const clear = { CORDON_URL: 'http://cordon.example', CORDON_TOKEN: 'x' }
    for (const env of [
      nothing,
      clear,
      { CORDON_URL: 'ftp://x', CORDON_TOKEN: 'x' },
      { CORDON_URL: clear.CORDON_URL },
    ]) {
      saysWhy(await cordon(['mail-in'], { env, input: mail('x') }), MAIL_EXIT.unset, /./)
      saysWhy(await cordon(['mail-in', '--defer'], { env, input: mail('x') }), MAIL_EXIT.again, /./)
    }
  })
})

describe('the program itself', () => {
  async function program(file: string, env: Record<string, string>, ...line: string[]) {
    const child = spawn(process.execPath, [file, ...line], { env: { PATH: '', ...env } })
    child.stdin.on('error', () => {})
    child.stdin.end(mail('x'))
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    return { stderr: await text(child.stderr), exit: await ended }
  }

  it('reads its standard input', async (t) => {
    const { box, url } = await startSite(t)
    const ran = await program(CORDON, { CORDON_URL: url, CORDON_TOKEN: box.mailer }, 'mail-in')
    assert.deepEqual(ran, {
      exit: 0,
      stderr: 'mail 1 waits for a person (no-reference): cordon mail show 1\n',
    })
  })

  it('lets a mail come again while it is being updated and parts of it lack', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'cordon-mail-in-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'cordon.mjs')
    await copyFile(CORDON, file)
    const ran = await program(file, {}, 'mail-in')
    assert.equal(ran.exit, MAIL_EXIT.again, ran.stderr)
    assert.match(ran.stderr, /^cordon: it cannot be run at present \(ERR_MODULE_NOT_FOUND\)\n$/)
    assert.equal((await program(file, {}, 'blocks')).exit, 1)
  })
})

it('a controller that takes no mail lets it come again', async (t) => {
  const { app, server } = await startFace(t)
  const url = await server.listen({ host: '127.0.0.1', port: 0 })
  const env = { CORDON_URL: url, CORDON_TOKEN: await app.machine({ roles: ['mailer'] }) }
  saysWhy(await cordon(['mail-in'], { env, input: mail('x') }), MAIL_EXIT.again, /mail-not-configured/)
})
