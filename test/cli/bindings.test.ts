import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { feedParts } from '../../src/cli/input/feed-parts.ts'
import { FakeApi, NOW, type Routes } from './fake-api.ts'
import { cordon } from './harness.ts'

const ROUTES: Routes = {
  'POST /v1/bindings:import': () => ({ json: { taken: true, bindings: 2, passedOver: 1, problems: [] } }),
  'GET /v1/bindings': () => ({
    json: {
      bindings: [
        {
          address: '192.0.2.7/32',
          mac: '02:00:5e:10:00:01',
          user: 'jane@example.org',
          from: new Date(NOW - 3_600_000).toISOString(),
          until: null,
          source: 'dhcp1',
        },
      ],
    },
  }),
}

async function ask(t: TestContext, line: readonly string[], routes = ROUTES, cwd?: string) {
  const api = await new FakeApi(routes).listen()
  t.after(() => api.close())
  return {
    api,
    ...(await cordon([...line], { env: api.env, now: () => NOW, ...(cwd === undefined ? {} : { cwd }) })),
  }
}

async function fileWith(t: TestContext, text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cordon-feed-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'leases.csv'), text)
  return join(folder, 'leases.csv')
}

const LINES = 'address,from,mac\n192.0.2.7,1795334400,02:00:5e:10:00:01\n'

test('a file is sent as it is, with its form and its source', async (t) => {
  const { api, exit, stdout } = await ask(t, [
    'bindings',
    'import',
    await fileWith(t, LINES),
    '--format',
    'csv',
    '--source',
    'dhcp1',
  ])
  assert.equal(exit, EXIT.ok)
  assert.match(stdout, /2 bindings taken, 1 lines passed over/)
  const [sent] = api.of('POST /v1/bindings:import')
  assert.equal(sent?.text, LINES)
  assert.match(sent?.headers['content-type'] ?? '', /^text\/plain/)
  assert.deepEqual(Object.fromEntries(sent?.query ?? []), {
    format: 'csv',
    source: 'dhcp1',
    takeRest: 'false',
  })
})

test('lines with problems are told with the file, and it is a no', async (t) => {
  const problems = [{ line: 2, message: 'there is no such day' }]
  const refused = () => ({ json: { taken: false, bindings: 0, passedOver: 0, problems } })
  const { exit, stderr } = await ask(
    t,
    ['bindings', 'import', await fileWith(t, LINES), '--format', 'csv', '--source', 'dhcp1'],
    {
      'POST /v1/bindings:import': refused,
    },
  )
  assert.equal(exit, EXIT.no)
  assert.match(stderr, /leases\.csv:2: there is no such day/)
  assert.match(stderr, /nothing of it was taken/)
})

test('who had an address is asked for with the time, and a device or a person without', async (t) => {
  const at = await ask(t, ['bindings', 'show', '192.0.2.7', '--at', '30m', '--error', '1m'])
  assert.equal(at.exit, EXIT.ok)
  assert.match(at.stdout, /02:00:5e:10:00:01 +jane@example\.org/)
  assert.deepEqual(Object.fromEntries(at.api.of('GET /v1/bindings')[0]?.query ?? []), {
    address: '192.0.2.7',
    at: new Date(NOW - 1_800_000).toISOString(),
    error: '1m',
  })
  const mac = await ask(t, ['bindings', 'show', '02-00-5E-10-00-01'])
  assert.deepEqual(Object.fromEntries(mac.api.of('GET /v1/bindings')[0]?.query ?? []), {
    mac: '02-00-5E-10-00-01',
  })
  const user = await ask(t, ['bindings', 'show', 'jane@example.org'])
  assert.deepEqual(Object.fromEntries(user.api.of('GET /v1/bindings')[0]?.query ?? []), {
    user: 'jane@example.org',
  })
  assert.equal((await ask(t, ['bindings', 'show', 'jane', '--at', '1h'])).exit, EXIT.failure)
})

test('a long feed is cut at ends of lines, with its head before each part, and no line is lost', () => {
  const rows = Array.from({ length: 50 }, (_, row) => `row ${row}${'x'.repeat(row % 9)}\n`)
  for (const most of [20, 64, 200, 10_000])
    for (const hasHead of [true, false]) {
      const head = hasHead ? 'head\n' : ''
      const parts = feedParts(head + rows.join(''), hasHead, most)
      assert.equal(parts.map(({ text }) => text.slice(head.length)).join(''), rows.join(''))
      let before = 0
      for (const { text, linesBefore } of parts) {
        assert.ok(text.startsWith(head) && text.length <= Math.max(most, head.length + 20))
        assert.equal(linesBefore, before)
        before += text.slice(head.length).split('\n').length - 1
      }
    }
})
