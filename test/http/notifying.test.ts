import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Controller, startController } from '../../src/main.ts'

/** A controller as `cordon serve` starts it, on a configuration of its own. */
async function start(t: TestContext, folder: string, more: string): Promise<Controller> {
  const configPath = join(folder, 'cordon.yaml')
  writeFileSync(
    configPath,
    `placements: placement.yaml
logLevel: silent
listen: { port: 0 }
site: { own: [192.0.2.0/24] }
devices: [{ name: edge, kind: memory }]
${more}`,
  )
  writeFileSync(
    join(folder, 'placement.yaml'),
    'placements:\n  - { name: all, when: {}, use: [{ device: edge, as: acl }] }\n',
  )
  const controller = await startController({
    ...{ configPath, version: '0', env: { PATH: process.env['PATH'] } },
    onFatal: (error) => {
      throw error
    },
  })
  t.after(() => controller.close().catch(() => {}))
  return controller
}

async function ask(folder: string, { url }: Controller, method: string, path: string, body?: object) {
  const { token } = JSON.parse(readFileSync(join(folder, 'var/access.json'), 'utf8')) as { token: string }
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`)
  return answer.text()
}

test('a controller exports what it records, pages, and says in /readyz what lasts', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-notifying-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  let received = ''
  const server = createServer((socket) => {
    socket.on('data', (chunk) => {
      received += chunk.toString('utf8')
    })
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  writeFileSync(join(folder, 'page.sh'), '#!/bin/sh\ncat > "$1"\n', { mode: 0o755 })
  const page = join(folder, 'page.json')
  const telling = `audit: { syslog: { host: 127.0.0.1, port: ${port}, tls: false } }\npager: { command: [./page.sh, ${page}] }\n`
  const first = await start(t, folder, telling)
  await ask(folder, first, 'POST', '/v1/automation:freeze', { reason: 'words of a person' })
  const end = Date.now() + 10_000
  while (!received.includes('"automation.frozen"') && Date.now() < end)
    await new Promise((resolve) => setTimeout(resolve, 20))
  assert.match(
    received,
    /\d+ <108>1 \S+Z \S+ cordon \d+ automation\.frozen \[cordon@32473 seq="\d+" schema="1"\] \uFEFF\{"schema":1,.*"reason":"words of a person"/,
  )
  assert.deepEqual(
    (JSON.parse(await ask(folder, first, 'GET', '/readyz')) as { alarms: string[] }).alarms,
    [],
  )
  assert.match(await ask(folder, first, 'GET', '/metrics'), /^cordon_audit_export_behind 0$/m)
  await first.close()
  assert.ok(existsSync(page), 'what was gathered is sent at the end')
  const told = JSON.parse(readFileSync(page, 'utf8')) as { kind: string; count: number; words: string }
  assert.deepEqual([told.kind, told.count], ['frozen', 1])
  assert.doesNotMatch(JSON.stringify(told), /words of a person/)
  assert.equal(existsSync(join(folder, 'var/audit-export.json')), true)
  const second = await start(t, folder, '')
  const { alarms } = JSON.parse(await ask(folder, second, 'GET', '/readyz')) as { alarms: string[] }
  assert.deepEqual(alarms, ['automation is frozen until somebody thaws it'])
  await ask(folder, second, 'POST', '/v1/automation:thaw')
  assert.match(await ask(folder, second, 'GET', '/readyz'), /"alarms":\[\]/)
})
