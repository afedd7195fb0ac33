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

const RUN = {
  at: '2026-11-20T18:00:00.000Z',
  dry: false,
  rules: [{ rule: 'blocks', after: '180d', erased: 12, waits: 4 }],
  devices: [{ device: 'edge-2', why: 'not-read', events: 4 }],
}

test('retention says what is kept for how long, and what went', async () => {
  const rules = [
    { rule: 'blocks', after: '180d' },
    { rule: 'mail', after: null },
  ]
  const never = await ask({ 'GET /v1/retention': () => ({ json: { rules, last: null } }) }, 'retention')
  assert.equal(never.exit, EXIT.ok)
  assert.match(never.stdout, /blocks +180d/)
  assert.match(never.stdout, /mail +for good/)
  assert.match(never.stdout, /no run since the controller started/)
  const ran = await ask({ 'GET /v1/retention': () => ({ json: { rules, last: RUN } }) }, 'retention')
  assert.match(ran.stdout, /blocks +180d +12 +4/)
  assert.match(ran.stdout, /4 events wait for edge-2: it was not read since the controller started/)
})

test('retention run erases, and only looks where that is asked for', async () => {
  const routes: Routes = { 'POST /v1/retention:run': () => ({ json: { ...RUN, dry: true } }) }
  const dry = await ask(routes, 'retention', 'run', '--dry-run')
  assert.match(dry.stdout, /WOULD GO/)
  assert.deepEqual(
    dry.api.seen.map(({ body }) => body),
    [{ dry: true }],
  )
  const nothing = { ...RUN, rules: [], devices: [] }
  const none = await ask({ 'POST /v1/retention:run': () => ({ json: nothing }) }, 'retention', 'run')
  assert.match(none.stdout, /all personal data is kept for good \(retention in cordon\.yaml\)/)
  assert.deepEqual(
    none.api.seen.map(({ body }) => body),
    [{ dry: false }],
  )
})

const LINES = ['{"about":"192.0.2.7"}', '{"event":{"seq":1,"reason":"\\u009b31m"}}']
const END = '{"end":true,"bindings":0,"events":1}'

function answering(lines: readonly string[]): Routes {
  return { 'GET /v1/subject': () => ({ lines }) }
}

test('export prints every line, and nothing that a terminal obeys', async () => {
  const { exit, stdout, stderr, api } = await ask(
    answering([...LINES, END]),
    ...['export', '--about', '192.0.2.7', '--from', '24h'],
  )
  assert.equal(exit, EXIT.ok)
  assert.deepEqual(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => Object.keys(JSON.parse(line) as object)[0]),
    ['about', 'event', 'end'],
  )
  // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
  assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u0080-\u009f]/)
  assert.match(stderr, /look it through/)
  assert.equal(api.seen[0]?.query.get('about'), '192.0.2.7')
})

test('an export that broke off is no export', async () => {
  const { exit, stdout, stderr } = await ask(answering(LINES), 'export', '--about', '192.0.2.7')
  assert.deepEqual([exit, stdout], [EXIT.failure, ''])
  assert.match(stderr, /broke off, so it is not all/)
})
