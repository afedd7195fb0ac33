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
async function start(t: TestContext, folder: string, port: number): Promise<Controller> {
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
`,
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
