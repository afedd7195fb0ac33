import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { FakeApi, NOW, type Routes } from './fake-api.ts'
import { cordon } from './harness.ts'

const open: FakeApi[] = []
afterEach(async () => {
  for (const api of open.splice(0)) await api.close()
})

async function ask(routes: Routes, ...line: string[]) {
  const api = await new FakeApi(routes).listen()
  open.push(api)
  return { api, ...(await cordon(line, { env: api.env, now: () => NOW })) }
}

function entry(seq: number, more: object = {}) {
  const at = new Date(NOW - 60_000).toISOString()
  const who = { token: 't1', person: 'p1', name: 'Ann' }
  return { schema: 1, seq, at, type: 'block.released', redacted: false, by: 't1', who, ...more }
}

const PAGES: Routes = {
  'GET /v1/audit': ({ query }) => {
    const before = query.get('before')
    if (before === null) return { json: { entries: [entry(30, { why: 'cleaned' })], next: 20 } }
    if (before === '20') return { json: { entries: [], next: 10 } }
    return { json: { entries: [entry(7, { redacted: true })], next: 7 } }
  },
}

test('pages are followed, empty ones too, up to the limit, one object a line', async () => {
  const { api, exit, stdout, stderr } = await ask(PAGES, 'audit', '--limit', '2', '-o', 'json')
  assert.equal(exit, EXIT.ok, stderr)
  const lines = stdout.trimEnd().split('\n')
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { seq: number }).seq),
    [30, 7],
  )
  assert.deepEqual(
    api.seen.map(({ query }) => query.get('before')),
    [null, '20', '10'],
  )
  assert.match(stderr, /go on with --before 7/)
})

test('a table names who did what, and marks what was erased', async () => {
  const { stdout } = await ask(PAGES, 'audit', '--limit', '2')
  assert.match(stdout, /^SEQ +AT +WHO +WHAT +ABOUT$/m)
  assert.match(stdout, /30 .* Ann \(p1\) +block\.released +why=cleaned/)
  assert.match(stdout, /7 .* \(personal data erased\)/)
})

test('filters go to the API, times as RFC 3339', async () => {
  const routes: Routes = { 'GET /v1/audit': () => ({ json: { entries: [] } }) }
  const line = ['--from', '24h', '--to', '2026-11-20T11:00:00Z', '--block', 'Cordon#12', '--kind', 'blocks']
  const { api, exit } = await ask(routes, 'audit', ...line, '--after', '0', '--department', 'physics')
  assert.equal(exit, EXIT.ok)
  assert.deepEqual(Object.fromEntries(api.seen[0]?.query ?? []), {
    from: '2026-11-19T12:00:00.000Z',
    to: '2026-11-20T11:00:00.000Z',
    block: '12',
    kind: 'blocks',
    department: 'physics',
    limit: '50',
    after: '0',
  })
  for (const wrong of [
    ['--from', 'soon'],
    ['--before', '1', '--after', '2'],
    ['--limit', '0'],
  ])
    assert.equal((await ask(routes, 'audit', ...wrong)).exit, EXIT.failure, wrong.join(' '))
})
