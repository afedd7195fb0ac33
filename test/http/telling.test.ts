import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { type Controller, startController } from '../../src/main.ts'
import { startSmtpServer } from '../helpers/smtp-server.ts'

const SOON = 10_000

/** A controller as `cordon serve` starts it, with a department that is written to. */
async function start(t: TestContext, folder: string, port: number, more = ''): Promise<Controller> {
  const configPath = join(folder, 'cordon.yaml')
  writeFileSync(
    configPath,
    `placements: placement.yaml
logLevel: silent
listen: { port: 0 }
site:
  own: [192.0.2.0/24]
  contacts: [{ name: Ines, mail: it@physics.example }]
  departments: [{ name: physics, prefixes: [192.0.2.0/25], itss: [Ines] }]
devices: [{ name: edge, kind: memory }]
mail:
  smtp: { host: 127.0.0.1, port: ${port}, tls: none }
  from: Security team <csirt@uni.example>
  desk: [desk@uni.example]
${more}`,
  )
  writeFileSync(
    join(folder, 'placement.yaml'),
    'placements:\n  - { name: all, when: {}, use: [{ device: edge, as: acl }] }\n',
  )
  const onFatal = (error: unknown): never => {
    throw error
  }
  const controller = await startController({ configPath, version: '0', env: {}, onFatal })
  t.after(() => controller.close().catch(() => {}))
  return controller
}

async function ask(folder: string, { url }: Controller, path: string, body?: object): Promise<string> {
  const { token } = JSON.parse(readFileSync(join(folder, 'var/access.json'), 'utf8')) as { token: string }
  const headers = { authorization: `Bearer ${token}`, 'idempotency-key': JSON.stringify(body ?? path) }
  const answer = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  assert.ok(answer.ok, `${path}: ${answer.status}`)
  return answer.text()
}

test('a controller writes to people, knows its threads again after a restart, and says what could not be sent', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-telling-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const server = await startSmtpServer()
  t.after(() => server.close())
  const first = await start(t, folder, server.port)
  const block = { target: '192.0.2.7', reason: 'sends spam', duration: '1h' }
  await ask(folder, first, '/v1/blocks', block)
  await eventually('the mail has come', SOON, () => server.mails.length === 1)
  const [mail] = server.mails
  assert.deepEqual(mail?.to, ['it@physics.example'])
  assert.match(mail.raw.toString(), /Subject: \[Cordon#1\] 192\.0\.2\.7/)
  const key = readFileSync(join(folder, 'var/mail-threads.key'), 'utf8')
  await first.close()
  const second = await start(t, folder, server.port)
  assert.equal(readFileSync(join(folder, 'var/mail-threads.key'), 'utf8'), key)
  assert.doesNotMatch(await ask(folder, second, '/readyz'), /could not be sent/)
  server.faults.at('mail', { code: 550, words: 'no' })
  await ask(folder, second, '/v1/requests', { block: 1, text: 'reinstalled' })
  await eventually('the dead letter is an alarm', SOON, async () =>
    (await ask(folder, second, '/readyz')).includes('1 message could not be sent'),
  )
  await eventually('the other one has come', SOON, () => server.mails.length === 2)
})

test('metrics say of mail and of each webhook what waits, what is dead, and how tries ended', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-standings-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const server = await startSmtpServer()
  t.after(() => server.close())
  writeFileSync(join(folder, 'soc.secret'), 'a secret of more than twenty-four bytes')
  const more = `webhooks: [{ name: soc, url: 'http://127.0.0.1:1/hook', secret: 'file:soc.secret' }]
listeners: [{ name: soc, webhook: soc }]
`
  const controller = await start(t, folder, server.port, more)
  const lines = async () => (await ask(folder, controller, '/metrics')).split('\n')
  const shown = async (...wanted: string[]): Promise<void> => {
    await eventually(wanted.join(', '), SOON, async () => {
      const there = await lines()
      return wanted.every((line) => there.includes(line))
    })
  }
  await shown(
    'cordon_messages{by="mail",state="waiting"} 0',
    'cordon_messages{by="mail",state="dead"} 0',
    'cordon_messages_stuck{by="mail"} 0',
    'cordon_messages_stuck{by="webhook:soc"} 0',
    'cordon_notices_pending 0',
  )
  assert.ok(!(await lines()).some((line) => line.startsWith('cordon_message_last_sent_timestamp_seconds{')))
  const began = Date.now() / 1_000
  await ask(folder, controller, '/v1/blocks', { target: '192.0.2.7', reason: 'sends spam', duration: '1h' })
  await shown(
    'cordon_message_tries_total{by="mail",outcome="sent"} 1',
    'cordon_messages{by="mail",state="waiting"} 0',
    'cordon_messages{by="webhook:soc",state="waiting"} 1',
    'cordon_messages_stuck{by="webhook:soc"} 1',
    'cordon_message_tries_total{by="webhook:soc",outcome="unreachable"} 1',
  )
  const sent = (await lines()).find((line) =>
    line.startsWith('cordon_message_last_sent_timestamp_seconds{by="mail"} '),
  )
  assert.ok(Number(sent?.split(' ')[1]) >= began, sent)
  server.faults.at('mail', { code: 550, words: 'no' })
  await ask(folder, controller, '/v1/requests', { block: 1, text: 'reinstalled' })
  await shown(
    'cordon_messages{by="mail",state="dead"} 1',
    'cordon_message_tries_total{by="mail",outcome="refused"} 1',
  )
  const told = (await lines()).filter((line) => /^cordon_(message|notice)/.test(line)).join('\n')
  assert.doesNotMatch(told, /example|127\.0\.0\.1|192\.0\.2|spam/)
})
