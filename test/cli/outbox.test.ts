import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { type Client, startFace } from '../http/face.ts'
import { Mailbox } from '../http/mailbox.ts'
import { writeDown } from '../http/outgoing.ts'
import { cordon, type Ran } from './harness.ts'

type Run = (...line: string[]) => Promise<Ran>

/** The command line against a controller, as somebody. */
async function runner({ server, app }: Client, token?: string): Promise<Run> {
  const url = server.listeningOrigin ?? ''
  const env = { CORDON_URL: url, CORDON_TOKEN: token ?? (await app.root()) }
  return (...line) => cordon(line, { env, now: app.clock.now })
}

async function listening(client: Client): Promise<Client> {
  await client.server.listen({ host: '127.0.0.1', port: 0 })
  return client
}

async function outbox(t: TestContext, count: number, dead: readonly number[]): Promise<Run> {
  const client = await listening(await startFace(t))
  await writeDown(client.app, count, dead)
  return runner(client)
}

test('what waits is listed with the oldest first, up to the limit, and what is dead alone with why', async (t) => {
  const run = await outbox(t, 4, [2, 3])
  const all = await run('outbox')
  assert.equal(all.exit, EXIT.ok, all.stderr)
  assert.match(all.stdout, /MESSAGE +FOR +BY +IS/)
  assert.match(all.stdout, /\n1 +desk +mail +waits +\d+s ago +Cordon#1\n/)
  assert.match(all.stdout, /\n2 +desk +mail +dead .* 550 no such user\n/)
  assert.equal((await run('outbox', '--dead', '-o', 'name')).stdout, '2\n3\n')
  const few = await run('outbox', 'list', '--limit', '3', '-o', 'name')
  assert.equal(few.stdout, '1\n2\n3\n')
  assert.match(few.stderr, /more follow; say --limit 30 or --all/)
  const json = JSON.parse((await run('outbox', '--all', '-o', 'json')).stdout) as Record<string, unknown[]>
  assert.deepEqual([json['messages']?.length, json['pending']], [4, []])
})

test('more than a page of messages is read to its end', async (t) => {
  const run = await outbox(t, 501, [])
  assert.equal((await run('outbox', '--all', '-o', 'name')).stdout.trim().split('\n').length, 501)
})

test('what is still to be written down is said', async (t) => {
  const client = await listening(await startFace(t))
  const notice = { to: 'itss:physics', what: 'block.began', seq: 1, block: 1 } as const
  const event = { type: 'outbox.noted', upTo: 1, notices: [notice] } as const
  await client.app.ledger.commit(() => ({ events: [event], answer: undefined }), {
    ...{ bytes: 1_024, always: false },
  })
  const { stdout } = await (await runner(client))('outbox')
  assert.match(stdout, /to be written down: itss:physics \(1\)/)
})

test('one message is shown with its text and what can be done', async (t) => {
  const run = await outbox(t, 2, [2])
  const { exit, stdout } = await run('outbox', 'show', '2')
  assert.equal(exit, EXIT.ok)
  for (const words of [
    /for +desk, by mail/,
    /state +dead: it is not tried any more \(cordon outbox again 2, or drop 2\)/,
    /why +550 no such user/,
    /to +desk@uni\.example/,
    /subject +\[Cordon#1\] letter 2/,
    /\n {2}It is blocked\.\n/,
  ])
    assert.match(stdout, words)
  assert.equal((await run('outbox', 'show', '9')).exit, EXIT.no)
  const wrong = await run('outbox', 'show', 'Cordon#2')
  assert.equal(wrong.exit, EXIT.failure)
  assert.match(wrong.stderr, /is not a number of a message such as 17/)
})

test('several are tried again or let go of; one that cannot be keeps no other from it', async (t) => {
  const run = await outbox(t, 4, [1, 2, 3])
  const again = await run('outbox', 'again', '4', '1')
  assert.equal(again.exit, EXIT.failure)
  assert.match(again.stderr, /message 4 is not tried again: .*message-waits/)
  assert.match(again.stderr, /message 1 is tried again/)
  assert.equal((await run('outbox', '--dead', '-o', 'name')).stdout, '2\n3\n')
  const wrong = await run('outbox', 'drop', '2', 'three')
  assert.equal(wrong.exit, EXIT.failure)
  const drop = await run('outbox', 'drop', '2', '3')
  assert.equal(drop.exit, EXIT.ok, drop.stderr)
  assert.match(drop.stderr, /message 2 is let go of\nmessage 3 is let go of/)
  assert.equal((await run('outbox', '-o', 'name')).stdout, '1\n4\n', 'a wrong number lets go of none')
  assert.equal((await run('outbox', 'drop', '2')).exit, EXIT.no)
  assert.equal((await run('outbox', 'drop')).exit, EXIT.failure)
})

test('whoever may not see messages is told which right is missing', async (t) => {
  const client = await listening(await startFace(t))
  const run = await runner(client, await client.app.person('Vera', ['viewer']))
  for (const line of [['outbox'], ['outbox', 'show', '1'], ['mail'], ['mail', 'show', '1']]) {
    const { exit, stderr } = await run(...line)
    assert.equal(exit, EXIT.auth, line.join(' '))
    assert.match(stderr, /messages:read/)
  }
})

test('a held mail is listed, shown with why it waits, and done with', async (t) => {
  const box = await Mailbox.open(t)
  const run = await runner(await listening(box.client))
  const subject = `[Cordon#${box.block}] \u202eplease`
  await box.send({ subject, text: 'It was\nreinstalled.\u001b[2J' })
  await box.send({ subject: 'hello' })
  const listed = await run('mail')
  assert.equal(listed.exit, EXIT.ok, listed.stderr)
  assert.match(listed.stdout, new RegExp(`sender-unproven +Cordon#${box.block} +it@physics\\.example`))
  assert.match(listed.stdout, /no-reference .* hello\n/)
  const [first = '', second = ''] = (await run('mail', '-o', 'name')).stdout.split('\n')
  const { exit, stdout } = await run('mail', 'show', first)
  assert.equal(exit, EXIT.ok)
  assert.match(stdout, /why +nothing proves that it is from its sender \(sender-unproven\)/)
  assert.match(stdout, /from +it@physics\.example \(as it says\)/)
  assert.match(stdout, new RegExp(`done +cordon mail done ${first}`))
  assert.match(stdout, /\n {2}It was\n {2}reinstalled\./)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what must not be there
  assert.doesNotMatch(listed.stdout + stdout, /[\u001b\u202e]/, 'no mail steers a terminal')
  const done = await run('mail', 'done', second)
  assert.equal(done.exit, EXIT.ok, done.stderr)
  assert.equal((await run('mail', '-o', 'name')).stdout, `${first}\n`)
  const twice = await run('mail', 'done', second, first)
  assert.equal(twice.exit, EXIT.no)
  assert.match(twice.stderr, new RegExp(`mail ${first} is seen to`))
  assert.deepEqual(await box.held(), [])
  const none = await run('mail', 'show', first)
  assert.equal(none.exit, EXIT.no)
  assert.match(none.stderr, new RegExp(`no mail ${first} that waits for a person`))
})
