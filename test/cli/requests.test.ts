import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import type { Request } from '../../src/cli/http/wire-requests.ts'
import { aBlock, FakeApi, NOW, problem, type Routes } from './fake-api.ts'
import { cordon, type HarnessOptions } from './harness.ts'

const HOUR = 3_600_000
const open: FakeApi[] = []
afterEach(async () => {
  for (const api of open.splice(0)) await api.close()
})

async function ask(routes: Routes, line: readonly string[], options: HarnessOptions = {}) {
  const api = await new FakeApi(routes).listen()
  open.push(api)
  return { api, ...(await cordon(line, { env: api.env, now: () => NOW, ...options })) }
}

const at = (hours: number): string => new Date(NOW + hours * HOUR).toISOString()

function aRequest(more: Partial<Request> = {}): Request {
  const id = more.id ?? 1043
  return {
    ...{ id, name: `Cordon#${id}`, kind: 'unblock', block: 12, target: '192.0.2.7/32' },
    ...{ departments: ['physics'], urgency: 'urgent', filedAt: at(-2), state: 'open', turn: 'site' },
    ...{ due: at(6), calendar: 'c1', pauses: [], late: false, reminded: [], version: 1 },
    words: [{ at: at(-2), what: 'filed', as: 'department', by: 't3', name: 'Ines', text: 'reinstalled' }],
    ...more,
  }
}

/** Answers a deed with what it makes of the request, and shows what was sent. */
async function deed(verb: string, line: readonly string[], more: Partial<Request>, options?: HarnessOptions) {
  const route = `POST /v1/requests/1043:${verb}`
  const ran = await ask({ [route]: () => ({ json: aRequest(more) }) }, ['requests', verb, ...line], options)
  return { ...ran, sent: ran.api.of(route).map(({ body }) => body) }
}

test('requests stand one a line, what is late by how long, and pages are read up to the limit', async () => {
  const pages = [
    {
      requests: [
        aRequest({ id: 1046, state: 'waiting', due: null }),
        aRequest({ id: 1045, late: true, due: at(-3) }),
      ],
      next: 'c2',
    },
    {
      requests: [
        aRequest({
          ...{ id: 1044, kind: 'logs', state: 'received', due: null },
          logs: { of: 'nat', about: '192.0.2.9', from: at(-9), to: at(-8) },
        }),
      ],
    },
  ]
  const routes: Routes = {
    'GET /v1/requests': ({ query }) => ({ json: pages[query.get('cursor') === null ? 0 : 1] ?? {} }),
  }
  const line = ['requests', '--open', '--kind', 'unblock', '--block', 'Cordon#12', '--turn', 'site']
  const { api, exit, stdout, stderr } = await ask(routes, [...line, '--department', 'physics', '--all'])
  assert.equal(exit, EXIT.ok, stderr)
  assert.match(stdout, /Cordon#1046 +unblock +192\.0\.2\.7\/32 +physics +waiting +stands still +urgent/)
  assert.match(stdout, /Cordon#1045 .* open +late by 3h +urgent +2h ago +Ines/)
  assert.match(stdout, /Cordon#1044 +logs +nat logs of 192\.0\.2\.9 .* received +urgent/)
  const [first] = api.of('GET /v1/requests')
  assert.deepEqual(
    ['open', 'kind', 'block', 'turn', 'department'].map((name) => first?.query.get(name)),
    ['true', 'unblock', '12', 'site', 'physics'],
  )
  const few = await ask(routes, ['requests', 'list', '--limit', '2', '-o', 'name'])
  assert.equal(few.stdout, 'Cordon#1046\nCordon#1045\n')
  assert.match(few.stderr, /more follow; say --limit 20 or --all/)
  assert.equal((await ask(routes, ['requests', '--kind', 'lift'])).exit, EXIT.failure)
})

test('late ones are coloured, and not by colour alone', async () => {
  const late = aRequest({ late: true, due: at(-3) })
  const routes: Routes = { 'GET /v1/requests': () => ({ json: { requests: [late] } }) }
  const { stdout } = await ask(routes, ['requests', '--color', 'always'])
  assert.ok(stdout.includes('\u001b[33mlate by 3h'), stdout)
})

test('a request is shown with its clock, what else holds the target, and every word', async () => {
  const request = aRequest({
    ...{ state: 'waiting', turn: 'department', due: null, reminded: ['soon'] },
    pauses: [{ from: at(-1.5), to: at(-1) }, { from: at(-0.5) }],
    others: [{ id: 14, name: 'Cordon#14', because: 'it is the target' }],
    hidden: 2,
    words: [
      ...aRequest().words,
      { at: at(-1.8), what: 'taken', as: 'site', by: 't1', name: 'Ann' },
      {
        ...{ at: at(-0.5), what: 'said', as: 'site', by: 't1', name: 'Ann' },
        text: 'Which disk?\n\n\u202eAnd why?',
        actions: ['name the disk'],
      },
      { at: at(-0.2), what: 'said', as: 'department', by: 't9', mail: 'ines@physics.example' },
    ],
  })
  const routes: Routes = { 'GET /v1/requests/1043': () => ({ json: request }) }
  const { exit, stdout } = await ask(routes, ['requests', 'show', 'Cordon#1043'])
  assert.equal(exit, EXIT.ok)
  for (const words of [
    /asks +to lift Cordon#12 \(192\.0\.2\.7\/32\)/,
    /state +waiting: it is for the department to answer/,
    /taken by +Ann/,
    /due +the clock stands still until the department has answered/,
    /stood still +.* \(30m\)\n +since /,
    /reminded +soon/,
    /also holds +Cordon#14: it is the target\n +2 more, which only the security team sees/,
    /Ann \(the security team\) said\n {2}Which disk\?\n\n {2}\\u202eAnd why\?\n {2}\[ \] name the disk\n/,
    /t9 \(the department, by mail from ines@physics\.example\) said/,
  ])
    assert.match(stdout, words)
  const json = await ask(routes, ['requests', 'show', '1043', '-o', 'json'])
  assert.deepEqual(JSON.parse(json.stdout), request)
})

test('of a settled request the last word says how, and one that was denied before stays so', async () => {
  const by = { as: 'site', by: 't1', name: 'Ann' }
  const words = [
    ...aRequest().words,
    { at: at(-1), what: 'settled', ...by, actions: ['scan it'] },
    { at: at(-0.5), what: 'reopened', as: 'department', by: 't3', name: 'Ines', text: 'done' },
  ]
  const show = async (request: Request) =>
    (await ask({ 'GET /v1/requests/1043': () => ({ json: request }) }, ['requests', 'show', '1043'])).stdout
  const granted = await show(
    aRequest({ state: 'granted', due: null, words: [...words, { at: at(0), what: 'settled', ...by }] }),
  )
  assert.match(granted, /denied it\n {2}\[ \] scan it\n\n.*opened it again\n {2}done\n\n.*granted it\n/)
  assert.doesNotMatch(granted, /^due/m)
  const moot = await show(aRequest({ state: 'moot', due: null, words }))
  assert.match(moot, /state +moot/)
  assert.doesNotMatch(moot, /settled it/)
})

test('a request to lift a block takes its text from the line, standard input or a file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'cordon-words-'))
  t.after(() => rm(folder, { recursive: true }))
  await writeFile(join(folder, 'words.txt'), 'first\r\nsecond\n')
  const routes: Routes = { 'POST /v1/requests': () => ({ json: aRequest() }) }
  const file = (words: readonly string[], options: HarnessOptions = {}) =>
    ask(routes, ['requests', 'file', 'Cordon#12', ...words], { cwd: folder, ...options })
  const filed = await file(['reinstalled', '--urgency', 'urgent'])
  assert.equal(filed.exit, EXIT.ok, filed.stderr)
  assert.match(filed.stderr, /Cordon#1043 is filed; the answer is due .* \(in 6h\)/)
  assert.deepEqual(filed.api.seen[0]?.body, { block: 12, text: 'reinstalled', urgency: 'urgent' })
  const piped = await file(['-'], { input: '\nby\nmail\n\n' })
  assert.deepEqual(piped.api.seen[0]?.body, { block: 12, text: 'by\nmail' })
  const read = await file(['--file', 'words.txt'])
  assert.deepEqual(read.api.seen[0]?.body, { block: 12, text: 'first\nsecond' })
  for (const [words, why] of [
    [[], /say what was done: /],
    [['  '], /the text is empty/],
    [['-'], /<stdin> is empty/],
    [['both', '--file', 'words.txt'], /not both/],
    [['--file', 'gone.txt'], /gone\.txt cannot be read/],
    [['x', '--urgency', 'now'], /urgent, important, other/],
  ] as const) {
    const wrong = await file(words)
    assert.equal(wrong.exit, EXIT.failure, words.join(' '))
    assert.match(wrong.stderr, why)
    assert.deepEqual(wrong.api.seen, [], 'nothing was sent')
  }
})

test('a request for logs says whose, of whom and of when', async () => {
  const routes: Routes = {
    'POST /v1/requests:logs': () => ({ json: aRequest({ kind: 'logs', turn: 'department' }) }),
  }
  const line = ['requests', 'logs', 'who had port 40123?', '--department', 'physics,law', '--of', 'nat']
  const span = ['--about', '192.0.2.9', '--from', '2h', '--to', '2026-11-20T11:00:00Z', '--block', '#12']
  const { api, exit, stderr } = await ask(routes, [...line, ...span])
  assert.equal(exit, EXIT.ok, stderr)
  assert.deepEqual(api.seen[0]?.body, {
    departments: ['physics', 'law'],
    logs: { of: 'nat', about: '192.0.2.9', from: at(-2), to: at(-1) },
    text: 'who had port 40123?',
    block: 12,
  })
  const wrong = await ask(routes, [...line, ...span, '--to', 'noon'])
  assert.equal(wrong.exit, EXIT.failure)
  assert.match(wrong.stderr, /--to: 'noon' is no time/)
  assert.match((await ask(routes, line)).stderr, /required option '--about/)
})

test('what is done about a request is said once, with what comes of it', async () => {
  const taken = await deed('take', ['1043'], { state: 'taken' })
  assert.deepEqual([taken.exit, taken.sent], [EXIT.ok, [{}]])
  assert.match(taken.stderr, /Cordon#1043 is yours; the answer is due/)
  const said = await deed('say', ['1043', 'Which?', '--action', 'look', '--action', 'a, b'], { due: null })
  assert.deepEqual(said.sent, [{ text: 'Which?', actions: ['look', 'a, b'] }])
  assert.match(said.stderr, /the clock stands still until the department has answered/)
  assert.deepEqual((await deed('say', ['1043', '-', '--keep'], {}, { input: 'x' })).sent, [
    { text: 'x', keep: true },
  ])
  const denied = await deed('deny', ['1043', 'still sends', '--action', 'scan it'], { state: 'denied' })
  assert.deepEqual(denied.sent, [{ text: 'still sends', actions: ['scan it'] }])
  assert.deepEqual((await deed('withdraw', ['1043'], { state: 'withdrawn' })).sent, [{}])
  assert.deepEqual((await deed('reopen', ['1043', 'scanned'], {})).sent, [{ text: 'scanned' }])
  const closed = await deed('close', ['1043', 'thanks', '--received'], { kind: 'logs', state: 'received' })
  assert.deepEqual(closed.sent, [{ how: 'received', text: 'thanks' }])
})

test('granting says what else holds the target', async () => {
  const others = [{ id: 14, name: 'Cordon#14', because: 'it is the target' }]
  const { exit, stderr, sent } = await deed('grant', ['1043'], { state: 'granted', others, hidden: 1 })
  assert.deepEqual([exit, sent], [EXIT.ok, [{}]])
  assert.match(stderr, /Cordon#1043 is granted and Cordon#12 released/)
  assert.match(stderr, /192\.0\.2\.7\/32 is held by others still: Cordon#14, 1 more/)
  const free = await deed('grant', ['1043', 'thanks'], { state: 'granted', others: [], hidden: 0 })
  assert.deepEqual(free.sent, [{ text: 'thanks' }])
  assert.doesNotMatch(free.stderr, /held/)
})

test('what cannot be is refused here where it is plain, else in the words of the controller', async () => {
  for (const [verb, words, why] of [
    ['deny', ['1043', 'no'], /what has to be done before the block can be lifted: --action/],
    ['close', ['1043'], /--received, .* or --dropped/],
    ['close', ['1043', '--received', '--dropped'], /--received, .* or --dropped/],
    ['say', ['1043'], /say what there is to say/],
    ['take', ['physics'], /'physics' is not a number of a request/],
  ] as const) {
    const { exit, stderr, api } = await deed(verb, words, {})
    assert.equal(exit, EXIT.failure)
    assert.match(stderr, why)
    assert.deepEqual(api.seen, [])
  }
  const refused = (status: number, code: string, detail: string) =>
    ask({ 'POST /v1/requests/1043:take': () => problem(status, code, detail) }, ['requests', 'take', '1043'])
  const other = await refused(403, 'not-your-turn', 'request 1043 is for the security team to take')
  assert.equal(other.exit, EXIT.auth)
  assert.match(other.stderr, /request 1043 is for the security team to take \(not-your-turn\)/)
  assert.equal((await refused(409, 'request-settled', 'it is settled')).exit, EXIT.failure)
  assert.equal((await refused(404, 'not-found', 'there is no request 1043')).exit, EXIT.no)
  const cut = await ask({ 'POST /v1/requests/1043:take': () => 'drop' }, ['requests', 'take', '1043'])
  assert.equal(cut.api.seen.length, 1, 'what may have been said is not said again')
})

test('a block says what is asked about it', async () => {
  const requests = [
    { id: 1043, name: 'Cordon#1043', kind: 'unblock', state: 'taken', due: at(6) },
    { id: 1044, name: 'Cordon#1044', kind: 'logs', state: 'dropped', due: null },
  ]
  const routes: Routes = { 'GET /v1/blocks/12': () => ({ json: aBlock({ requests }) }) }
  const { stdout } = await ask(routes, ['show', '12'])
  assert.match(
    stdout,
    /requests +Cordon#1043 asks for it to be lifted: taken, due .* \(in 6h\) \(cordon requests show 1043\)\n +Cordon#1044 asks for logs: dropped \(/,
  )
})

test('the history of a block reads like a talk', async () => {
  const ines = { by: 't3', name: 'Ines', as: 'department', request: 1043 }
  const ann = { by: 't1', name: 'Ann', as: 'site', request: 1043 }
  const told = [
    { type: 'created', by: 't1', name: 'Ann', policy: 'manual', reason: 'sends spam' },
    { type: 'message-queued', message: 5, to: 'department:physics', subject: '[Cordon#12] Blocked' },
    { type: 'message-sent', message: 5 },
    { type: 'request-filed', ...ines, text: 'one\n\n\u202etwo', due: at(6) },
    { type: 'request-taken', ...ann },
    { type: 'request-said', ...ann, text: 'Which disk?', actions: ['name it'], due: null },
    { type: 'message-received', request: 1043, how: 'held', why: 'not-proven', subject: 'Re: Blocked' },
    { type: 'request-reminded', request: 1043, how: 'missed' },
    { type: 'request-due', request: 1043, due: at(30) },
    { type: 'message-dead', message: 6, request: 1043, words: '550 no such user' },
    { type: 'request-settled', ...ann, how: 'denied', actions: ['scan it'] },
    { type: 'request-reopened', ...ines, mail: 'ines@physics.example', text: 'scanned', due: at(40) },
    { type: 'request-settled', ...ann, how: 'granted' },
    { type: 'request-filed', request: 1044, by: 't7', as: 'site' },
  ]
  const events = told.map((one, seq) => ({ seq, at: at(0), redacted: seq === told.length - 1, ...one }))
  const { stdout } = await ask(
    {
      'GET /v1/blocks/12': () => ({ json: aBlock() }),
      'GET /v1/blocks/12/history': () => ({ json: { events } }),
    },
    ['show', '12', '--history'],
  )
  const history = stdout.slice(stdout.indexOf('history\n'))
  for (const words of [
    /created by Ann \(t1\) policy manual - sends spam\n/,
    /message 5 to department:physics: "\[Cordon#12\] Blocked"\n/,
    /message 5 was sent\n/,
    /request Cordon#1043: Ines \(the department\) asked; due .*\n +one\n\n +\\u202etwo\n/,
    /request Cordon#1043: Ann \(the security team\) sees to it\n/,
    /said; the clock stands still\n +Which disk\?\n +\[ \] name it\n/,
    /a mail came in about request Cordon#1043, and waits for a person \(not-proven\): "Re: Blocked"\n/,
    /request Cordon#1043: its answer is late\n/,
    /request Cordon#1043: by another calendar due 2026-/,
    /message 6 cannot be delivered about request Cordon#1043 - 550 no such user\n/,
    /Ann \(the security team\) denied it\n +\[ \] scan it\n/,
    /Ines \(the department, by mail from ines@physics\.example\) opened it again; due .*\n +scanned\n/,
    /Ann \(the security team\) granted it\n/,
    /request Cordon#1044: t7 \(the security team\) asked \(personal data erased\)\n/,
  ])
    assert.match(history, words)
})
