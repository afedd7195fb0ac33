import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { aBlock, FakeApi, type Routes } from './fake-api.ts'
import { cordon } from './harness.ts'

const NOW = Date.parse('2026-11-20T18:00:00Z')
const open: { api?: FakeApi } = {}
afterEach(() => open.api?.close())

async function run(routes: Routes, line: readonly string[]) {
  await open.api?.close()
  open.api = await new FakeApi(routes).listen()
  return cordon(line, { env: open.api.env, now: () => NOW })
}

const incidentOf = (trigger: number) => ({
  ...{ source: 't1', sourceName: 'fastnetmon', id: `ban/${trigger}`, target: '192.0.2.80/32', open: true },
  ...{ revision: 1, opens: 1, at: '2026-11-20T17:50:00Z', trigger, category: 'dos.volumetric' },
  ...{ verdict: 'block', deed: 'began', policy: 'dos', rule: 'victim' },
  blocks: [{ id: 12, name: 'Cordon#12' }],
})

test('incidents stand one a line, with what was decided last and their blocks', async () => {
  const { exit, stdout, stderr } = await run(
    { 'GET /v1/triggers': () => ({ json: { incidents: [incidentOf(17)], next: 17 } }) },
    ['triggers', '--open', '--limit', '1'],
  )
  assert.equal(exit, EXIT.ok, stderr)
  assert.match(
    stdout,
    /17 +fastnetmon +open +192\.0\.2\.80\/32 +dos\.volumetric +10m ago +block +began +dos\/victim +Cordon#12 +ban\/17/,
  )
  assert.match(stderr, /more follow; say --limit 10 or --all/)
  const [request] = open.api?.of('GET /v1/triggers') ?? []
  assert.equal(request?.query.get('open'), 'true')
})

test('--all asks page by page', async () => {
  const pages = [{ incidents: [incidentOf(3)], next: 3 }, { incidents: [incidentOf(2)] }]
  const { stdout } = await run({ 'GET /v1/triggers': () => ({ json: pages.shift() ?? {} }) }, [
    ...['triggers', '--all', '-o', 'name'],
  ])
  assert.equal(stdout, '3\n2\n')
  const requests = open.api?.of('GET /v1/triggers') ?? []
  assert.equal(requests[1]?.query.get('before'), '3')
})

test('one trigger is shown with every word of its incident', async () => {
  const word = {
    ...{ at: '2026-11-20T17:50:00Z', trigger: 17, kind: 'open', target: '192.0.2.80/32', category: 'scan' },
    ...{ verdict: 'block', deed: 'began', policy: 'dos', rule: 'victim', why: 'a flood', name: 'Cordon#12' },
  }
  const history = {
    ...{ trigger: 17, source: 't1', format: 'fastnetmon', earlier: 2 },
    record: { id: 'ban/17', target: '192.0.2.80/32', labels: { sensor: 'north' } },
    words: [word, { ...word, trigger: 18, kind: 'close', verdict: 'none', deed: 'ends-soon' }],
  }
  const routes: Routes = { 'GET /v1/triggers/17': () => ({ json: history }) }
  const { exit, stdout } = await run(routes, ['triggers', 'show', '17'])
  assert.equal(exit, EXIT.ok)
  assert.match(stdout, /labels +\{"sensor":"north"\}/)
  assert.match(stdout, /2 earlier ones are not shown/)
  assert.match(stdout, /18 +.* close +none +ends-soon +dos\/victim +Cordon#12/)
  const wrong = await run(routes, ['triggers', 'show', 'Cordon#17'])
  assert.equal(wrong.exit, EXIT.failure)
  assert.match(wrong.stderr, /is not a number of a trigger/)
})

test('a block says which rule made it, and of which trigger', async () => {
  const block = aBlock({ cause: { trigger: 17, policy: 'dos', rule: 'victim' } })
  const explanation = {
    ...{ target: '192.0.2.7/32', own: true, departments: [], ended: [], protected: [], summary: 'blocked' },
    active: [{ ...block, because: 'it is the target' }],
  }
  const routes: Routes = {
    'GET /v1/blocks/12': () => ({ json: block }),
    'GET /v1/explain': () => ({ json: explanation }),
  }
  for (const line of [
    ['show', '12'],
    ['explain', '192.0.2.7'],
  ]) {
    const { exit, stdout, stderr } = await run(routes, line)
    assert.equal(exit, EXIT.ok, stderr)
    assert.match(stdout, /policy +dos\/victim, by trigger 17 \(cordon triggers show 17\)/)
  }
})
