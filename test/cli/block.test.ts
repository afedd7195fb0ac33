import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { aBlock, aHolding, aPlan, FakeApi, NOW, PENDING, problem, type Routes } from './fake-api.ts'
import { cordon, type HarnessOptions } from './harness.ts'

const open: FakeApi[] = []
afterEach(async () => {
  for (const api of open.splice(0)) await api.close()
})

async function fake(routes: Routes = {}): Promise<FakeApi> {
  const api = await new FakeApi({
    'POST /v1/blocks:dryRun': () => ({ json: aPlan() }),
    'POST /v1/blocks': () => ({ status: 201, json: aBlock() }),
    'GET /v1/blocks/12': () => ({ json: aBlock() }),
    ...routes,
  }).listen()
  open.push(api)
  return api
}

function block(api: FakeApi, more: readonly string[] = [], options: HarnessOptions = {}) {
  const line = ['block', '192.0.2.7', '--for', '1h', '--reason', 'scans the campus', ...more]
  return cordon(line, { now: () => NOW, env: api.env, ...options })
}

const REFUSED = aPlan({
  taken: false,
  refusals: [{ guard: 'protected', code: 'protected', message: '192.0.2.53/32 (resolver) is protected' }],
})

test('shows the plan, asks, blocks, and prints the block', async () => {
  const api = await fake()
  const { exit, stdout, stderr, questions } = await block(api, [], { tty: true, answers: ['y'] })
  assert.equal(exit, EXIT.ok)
  assert.deepEqual(questions, ['Block on 2 devices? [y/N] '])
  for (const words of [
    '1 IPv4 address',
    'physics',
    'edge-2: acl4',
    'stands there already',
    'uplink-2: no device there',
  ])
    assert.ok(stderr.includes(words), words)
  assert.match(stdout, /Cordon#12/)
  const [sent] = api.of('POST /v1/blocks')
  assert.deepEqual(sent?.body, { target: '192.0.2.7', reason: 'scans the campus', duration: '1h' })
  assert.ok(sent?.headers['idempotency-key'])
})

test('any other answer than yes does nothing', async () => {
  for (const answers of [['n'], [''], ['yess'], []]) {
    const api = await fake()
    const { exit, stdout, stderr } = await block(api, [], { tty: true, answers })
    assert.equal(exit, EXIT.no)
    assert.equal(stdout, '')
    assert.match(stderr, /nothing was blocked/)
    assert.equal(api.of('POST /v1/blocks').length, 0)
  }
})

test('where nobody can be asked, only --yes blocks', async () => {
  const api = await fake()
  const without = await block(api)
  assert.equal(without.exit, EXIT.failure)
  assert.match(without.stderr, /--yes/)
  assert.equal(api.of('POST /v1/blocks').length, 0)
  const given = await block(api, ['--yes'])
  assert.equal(given.exit, EXIT.ok)
  assert.deepEqual(given.questions, [])
})

test('a dry run prints the plan as data; 0 when it would be taken, 3 when a guard refuses', async () => {
  const taken = await block(await fake(), ['--dry-run'])
  assert.equal(taken.exit, EXIT.ok)
  assert.match(taken.stdout, /drop to and from 192\.0\.2\.7/)
  assert.equal(taken.stderr, '')
  const api = await fake({ 'POST /v1/blocks:dryRun': () => ({ json: REFUSED }) })
  const refused = await block(api, ['--dry-run', '-o', 'json'])
  assert.equal(refused.exit, EXIT.refused)
  assert.deepEqual(JSON.parse(refused.stdout), REFUSED)
})

test('the plan of a block of a station says that it hits the station', async () => {
  const target = '02:00:5e:10:00:01'
  const radius = { ...aPlan().radius, ipv4Addresses: 0, departments: [] }
  const api = await fake({ 'POST /v1/blocks:dryRun': () => ({ json: aPlan({ target, radius }) }) })
  const { stdout } = await block(api, ['--dry-run'])
  assert.match(stdout, /^hits +station 02:00:5e:10:00:01$/m)
})

test('what a guard refuses is not asked about and not sent', async () => {
  const api = await fake({ 'POST /v1/blocks:dryRun': () => ({ json: REFUSED }) })
  const { exit, stderr, questions } = await block(api, ['--yes'], { tty: true })
  assert.equal(exit, EXIT.refused)
  assert.match(
    stderr,
    /refused by guard protected: 192\.0\.2\.53\/32 \(resolver\) is protected \(protected\)/,
  )
  assert.deepEqual(questions, [])
  assert.equal(api.of('POST /v1/blocks').length, 0)
})

test('a guard that refuses only at the end refuses all the same', async () => {
  const refusals = REFUSED.refusals
  const api = await fake({ 'POST /v1/blocks': () => problem(422, 'guard-refused', 'no', { refusals }) })
  const { exit, stderr } = await block(api, ['--yes'])
  assert.equal(exit, EXIT.refused)
  assert.match(stderr, /refused by guard protected/)
})

test('a dropped connection is tried again under the same key', async () => {
  const api = await fake({
    'POST /v1/blocks': (_, times) => (times < 3 ? 'drop' : { status: 201, json: aBlock() }),
  })
  const { exit } = await block(api, ['--yes'])
  assert.equal(exit, EXIT.ok)
  const keys = api.of('POST /v1/blocks').map(({ headers }) => headers['idempotency-key'])
  assert.equal(keys.length, 3)
  assert.equal(new Set(keys).size, 1)
  const again = await fake()
  await block(again, ['--yes'])
  assert.notEqual(again.of('POST /v1/blocks')[0]?.headers['idempotency-key'], keys[0])
})

test('a connection that only drops leaves no doubt about the doubt', async () => {
  const api = await fake({ 'POST /v1/blocks': () => 'drop' })
  const { exit, stderr } = await block(api, ['--yes'])
  assert.equal(exit, EXIT.failure)
  assert.match(stderr, /broke off; whether the block was recorded is not known: .*--target 192\.0\.2\.7/)
})

test('tells how far each device is, a line an event, and ends with 5 when time is over', async () => {
  const slow = aHolding('edge-2', PENDING)
  const clock = { now: NOW }
  const api = await fake({
    'POST /v1/blocks': () => ({
      status: 201,
      json: aBlock({ standing: 'pending', holdings: [aHolding('edge-1', PENDING), slow] }),
    }),
    'GET /v1/blocks/12': () => {
      clock.now += 1_000
      return { json: aBlock({ standing: 'partial', holdings: [aHolding('edge-1'), slow] }) }
    },
  })
  const { exit, stderr, stdout } = await block(api, ['--yes', '--wait', '3s'], { now: () => clock.now })
  assert.equal(exit, EXIT.partial)
  const lines = stderr.split('\n').filter((line) => line.startsWith('Cordon#12 edge'))
  assert.deepEqual(lines, [
    'Cordon#12 edge-1: waiting (0 of 1 in force)',
    'Cordon#12 edge-2: waiting (0 of 1 in force)',
    'Cordon#12 edge-1: in force (read-back)',
  ])
  assert.match(stderr, /not in force on every device yet/)
  assert.match(stdout, /partial/)
  assert.equal(api.of('GET /v1/blocks/12')[0]?.headers['prefer'], 'wait=1')
})

test('on a terminal the lines of the devices are kept up', async () => {
  const api = await fake({
    'POST /v1/blocks': () => ({
      status: 201,
      json: aBlock({ standing: 'pending', holdings: [aHolding('edge-1', PENDING)] }),
    }),
  })
  const { stderr } = await block(api, ['--yes'], { tty: true, env: { ...api.env, NO_COLOR: '1' } })
  assert.ok(stderr.includes('\u001b[1A\u001b[J'))
})

test('a device that refuses it ends the waiting with 5 and its words', async () => {
  const failed = aHolding('edge-2', { ...PENDING, error: { class: 'rejected', words: 'table full' } })
  const api = await fake({
    'POST /v1/blocks': () => ({
      status: 201,
      json: aBlock({ standing: 'failed', holdings: [aHolding('edge-1'), failed] }),
    }),
  })
  const { exit, stderr } = await block(api, ['--yes'])
  assert.equal(exit, EXIT.partial)
  assert.match(stderr, /edge-2: failed: rejected: table full/)
  assert.equal(api.of('GET /v1/blocks/12').length, 0)
})

test('without waiting, recorded is enough', async () => {
  const api = await fake({
    'POST /v1/blocks': () => ({ status: 201, json: aBlock({ standing: 'pending', holdings: [] }) }),
  })
  const { exit, stdout } = await block(api, ['--yes', '--no-wait', '-o', 'name'])
  assert.equal(exit, EXIT.ok)
  assert.equal(stdout, 'Cordon#12\n')
  assert.equal(api.of('GET /v1/blocks/12').length, 0)
})

test('Ctrl-C while waiting says that the block stands', async () => {
  const stop = new AbortController()
  const api = await fake({
    'POST /v1/blocks': () => ({ status: 201, json: aBlock({ standing: 'pending', holdings: [] }) }),
    'GET /v1/blocks/12': () => {
      stop.abort()
      return 'drop'
    },
  })
  const { exit, stderr } = await block(api, ['--yes'], { signal: stop.signal })
  assert.equal(exit, EXIT.interrupted)
  assert.match(stderr, /Cordon#12 is recorded and stands/)
})

test('a controller that goes away while this waits is no lost block', async () => {
  const api = await fake({
    'POST /v1/blocks': () => ({ status: 201, json: aBlock({ standing: 'pending', holdings: [] }) }),
    'GET /v1/blocks/12': () => 'drop',
  })
  const { exit, stderr } = await block(api, ['--yes'])
  assert.equal(exit, EXIT.partial)
  assert.match(stderr, /Cordon#12 is recorded and stands/)
})

test('no access, and a missing right by its name', async () => {
  const denied = await fake({
    'POST /v1/blocks:dryRun': () => problem(403, 'forbidden', 'this needs the right blocks:write'),
  })
  const { exit, stderr } = await block(denied, ['--yes'])
  assert.equal(exit, EXIT.auth)
  assert.match(stderr, /blocks:write/)
  const unknown = await fake({
    'POST /v1/blocks:dryRun': () => problem(401, 'unauthenticated', 'a valid token'),
  })
  assert.equal((await block(unknown, ['--yes'])).exit, EXIT.auth)
})

test('a wrong field is told with its place and code', async () => {
  const api = await fake({
    'POST /v1/blocks:dryRun': () =>
      problem(400, 'match-value', 'match.protocol: no such protocol', { path: 'match.protocol' }),
  })
  const { exit, stderr } = await block(api, ['--protocol', 'udpp'])
  assert.equal(exit, EXIT.failure)
  assert.equal(stderr, 'cordon: match.protocol: no such protocol (match-value)\n')
})

test('wrong usage asks nobody', async () => {
  const api = await fake()
  const lines = [
    ['block', '192.0.2.7', '--for', '1h'],
    ['block', '--for', '1h', '--reason', 'x'],
    ['block', '192.0.2.7', '--reason', 'x'],
    ['block', '192.0.2.7', '--reason', 'x', '--for', '1h', '--permanent'],
    ['block', '192.0.2.7', '--reason', 'x', '--for', '1h', '--to', '--from'],
    ['block', '192.0.2.7', '--reason', 'x', '--for', '1h', '--wait', 'soon'],
    ['block', '192.0.2.7', '--reason', 'x', '--for', '1h', '--collateral', 'everything'],
    ['block', '192.0.2.7', '--reason', 'x', '--for', '1h', '--nonsense'],
    ['block', '192.0.2.7', '192.0.2.8', '--reason', 'x', '--for', '1h'],
    ['block', '192.0.2.7', '--reason', 'x', '--for', '1h', '-o', 'xml'],
  ]
  for (const line of lines) {
    const { exit, stdout, stderr } = await cordon(line, { env: api.env })
    assert.equal(exit, EXIT.failure, line.join(' '))
    assert.equal(stdout, '')
    assert.notEqual(stderr, '')
  }
  assert.equal(api.seen.length, 0)
})
