import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { aBlock, aPlan, FakeApi, NOW, problem, type Routes } from './fake-api.ts'
import { cordon, type HarnessOptions } from './harness.ts'

const open: FakeApi[] = []
afterEach(async () => {
  for (const api of open.splice(0)) await api.close()
})

async function ask(routes: Routes, line: readonly string[], options: HarnessOptions = {}) {
  const api = await new FakeApi(routes).listen()
  open.push(api)
  return { api, ...(await cordon([...line], { env: api.env, now: () => NOW, ...options })) }
}

const WAITING = aBlock({
  target: 'department:physics',
  standing: 'proposed',
  covers: ['10.10.1.0/24'],
  holdings: [],
  proposal: {
    digest: 'digest-of-the-plan',
    asks: ['department physics is more than a host'],
    expires: new Date(NOW + 86_400_000).toISOString(),
    lastsMs: 3_600_000,
    agreed: ['Ann'],
    needed: 2,
    participants: [],
  },
})

const ROUTES: Routes = {
  'GET /v1/blocks/12': (_, times) => ({ json: times === 1 ? WAITING : aBlock() }),
  'GET /v1/blocks/12/plan': () => ({ json: aPlan() }),
  'POST /v1/blocks/12:approve': () => ({ json: aBlock() }),
}

test('approving shows what is agreed to, asks, and agrees to exactly that', async () => {
  const { api, exit, stderr, questions } = await ask(ROUTES, ['approve', 'Cordon#12'], {
    tty: true,
    answers: ['y'],
  })
  assert.equal(exit, EXIT.ok)
  assert.deepEqual(questions, ['Agree to this? [y/N] '])
  for (const words of ['10.10.1.0/24', '1 of 2 people agree: Ann', 'edge-2: acl4', 'more than a host'])
    assert.ok(stderr.includes(words), `${words} in ${stderr}`)
  assert.deepEqual(api.of('POST /v1/blocks/12:approve')[0]?.body, { digest: 'digest-of-the-plan' })
})

test('approving without being asked needs the digest that was seen', async () => {
  const bare = await ask(ROUTES, ['approve', '12', '--yes'])
  assert.equal(bare.exit, EXIT.failure)
  assert.match(bare.stderr, /--yes needs --digest/)
  const other = await ask(ROUTES, ['approve', '12', '--yes', '--digest', 'of-yesterday'])
  assert.equal(other.exit, EXIT.refused)
  for (const { api } of [bare, other]) assert.equal(api.of('POST /v1/blocks/12:approve').length, 0)
  const line = [
    'approve',
    '12',
    '--yes',
    '--digest',
    'digest-of-the-plan',
    '--participant',
    'J. at the museum, by phone',
  ]
  const agreed = await ask(ROUTES, line)
  assert.equal(agreed.exit, EXIT.ok)
  const body = { digest: 'digest-of-the-plan', participant: 'J. at the museum, by phone' }
  assert.deepEqual(agreed.api.of('POST /v1/blocks/12:approve')[0]?.body, body)
})

test('a plan that has changed is said so, and is not agreed to by itself', async () => {
  const routes: Routes = {
    ...ROUTES,
    'GET /v1/blocks/12/plan': () => ({ json: aPlan({ digest: 'another' }) }),
    'POST /v1/blocks/12:approve': () =>
      problem(409, 'plan-changed', 'the plan is not what was proposed any more'),
  }
  const { exit, stderr } = await ask(routes, ['approve', '12'], { tty: true, answers: ['y'] })
  assert.notEqual(exit, EXIT.ok)
  assert.match(stderr, /cordon propose 12/)
})

test('a wide block is proposed and ends with its own exit code', async () => {
  const routes: Routes = {
    'POST /v1/blocks:dryRun': () => ({
      json: aPlan({ asks: [{ code: 'wide-target', message: 'more than a host' }] }),
    }),
    'POST /v1/blocks': () => ({ status: 201, json: WAITING }),
  }
  const line = ['block', 'department:physics', '--for', '1h', '--reason', 'worm', '--yes']
  const { exit, stderr } = await ask(routes, line)
  assert.equal(exit, EXIT.proposed)
  assert.match(stderr, /needed: more than a host/)
  assert.match(stderr, /cordon approve 12/)
  const glass = await ask(routes, [...line, '--break-glass'])
  assert.equal(glass.api.of('POST /v1/blocks')[0]?.body['breakGlass'], true)
})

test('proposals are listed, declined and proposed anew', async () => {
  const routes: Routes = {
    ...ROUTES,
    'GET /v1/blocks': () => ({ json: { blocks: [WAITING] } }),
    'POST /v1/blocks/12:decline': () => ({ json: aBlock({ standing: 'ended', ending: 'declined' }) }),
    'POST /v1/blocks/12:propose': () => ({ json: WAITING }),
  }
  const listed = await ask(routes, ['proposals', '-o', 'name'])
  assert.deepEqual([listed.exit, listed.stdout], [EXIT.ok, 'Cordon#12\n'])
  assert.equal(listed.api.seen[0]?.query.get('proposed'), 'true')
  const declined = await ask(routes, ['decline', '12', '--why', 'too wide'])
  assert.deepEqual([declined.exit, declined.api.seen[0]?.body], [EXIT.ok, { why: 'too wide' }])
  const again = await ask(routes, ['propose', '12'], { tty: true, answers: ['y'] })
  assert.equal(again.exit, EXIT.proposed)
  assert.deepEqual(again.api.of('POST /v1/blocks/12:propose')[0]?.body, { digest: 'digest-of-the-plan' })
})

test('whoami says the person, the rights of now, and what they are bound to', async () => {
  const token = {
    id: 't1',
    name: 'laptop',
    roles: ['itss'],
    scopes: [],
    origin: 'person',
    until: null,
    revoked: false,
  }
  const json = {
    token,
    person: { id: 'p1', name: 'Ines', roles: ['itss'] },
    scopes: ['blocks:read'],
    departments: ['physics'],
  }
  const { exit, stdout } = await ask({ 'GET /v1/whoami': () => ({ json }) }, ['whoami'])
  assert.equal(exit, EXIT.ok)
  for (const words of [/Ines \(p1\): itss/, /may\s+blocks:read/, /bound to\s+physics/])
    assert.match(stdout, words)
})

test('people are added, changed and removed', async () => {
  const person = {
    id: 'p1',
    name: 'Ann',
    roles: ['analyst'],
    left: false,
    at: new Date(NOW).toISOString(),
    by: 't1',
  }
  const routes: Routes = {
    'GET /v1/people': () => ({ json: { people: [person] } }),
    'POST /v1/people': () => ({ status: 201, json: person }),
    'PATCH /v1/people/p1': () => ({ json: person }),
    'DELETE /v1/people/p1': () => ({ status: 204 }),
  }
  const added = await ask(routes, ['people', 'add', 'Ann', '--role', 'itss', '--department', 'physics,law'])
  assert.deepEqual(added.api.seen[0]?.body, { name: 'Ann', roles: ['itss'], departments: ['physics', 'law'] })
  assert.match((await ask(routes, ['people', 'list'])).stdout, /Ann\s+known\s+analyst/)
  const changed = await ask(routes, ['people', 'change', 'p1', '--role', 'viewer'])
  assert.deepEqual(changed.api.seen[0]?.body, { roles: ['viewer'] })
  assert.equal((await ask(routes, ['people', 'change', 'p1'])).exit, EXIT.failure)
  assert.equal((await ask(routes, ['people', 'remove', 'p1'])).exit, EXIT.ok)
})

test('the inventory: 0 when it counts as read, 1 when something is wrong with what was read last', async () => {
  const at = new Date(NOW).toISOString()
  const fine = {
    ...{ digest: 'd1', loadedAt: at, departments: 2, connections: 1, protected: 56, hosts: 9, devices: 3 },
    ...{ needsRestart: ['devices.edge'], reviews: [] },
  }
  const failed = { ...fine, failed: { at, problems: ['cordon.yaml:12:5: site.own.0: not a prefix'] } }
  const shown = await ask({ 'GET /v1/inventory': () => ({ json: fine }) }, ['inventory'])
  assert.equal(shown.exit, EXIT.ok)
  assert.match(shown.stdout, /devices.edge counts only after a restart/)
  const wrong = await ask({ 'GET /v1/inventory': () => ({ json: failed }) }, ['inventory'])
  assert.equal(wrong.exit, EXIT.no)
  assert.match(wrong.stdout, /cordon.yaml:12:5/)
  const plan = {
    digest: 'd2',
    changes: [
      {
        kind: 'department',
        name: 'physics',
        what: 'changed',
        gained: [],
        lost: ['10.10.1.128/25'],
        fields: [],
      },
    ],
    hosts: { before: 9, after: 9, added: 0, removed: 0, changed: 0 },
    effects: [
      {
        name: 'Cordon#12',
        target: 'department:physics',
        kind: 'covers',
        after: ['10.10.1.0/25'],
        why: 'less',
      },
    ],
    needsRestart: [],
  }
  const routes: Routes = {
    'POST /v1/inventory:plan': () => ({ json: plan }),
    'POST /v1/inventory:reload': () => ({ json: plan }),
  }
  const planned = await ask(routes, ['plan', '--inventory'])
  assert.equal(planned.exit, EXIT.ok)
  for (const words of [/physics changed: loses 10.10.1.128\/25/, /Cordon#12 .* covers 10.10.1.0\/25/])
    assert.match(planned.stdout, words)
  const reloaded = await ask(routes, ['inventory', 'reload', '--agree', 'd2'])
  assert.deepEqual([reloaded.exit, reloaded.api.seen[0]?.body], [EXIT.ok, { agree: 'd2' }])
})
