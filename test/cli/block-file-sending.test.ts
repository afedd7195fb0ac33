import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { answer, BATCH, block, fake, many, REFUSED, targets, withFiles } from './bulk.ts'
import { type Answer, problem } from './fake-api.ts'
import type { HarnessOptions } from './harness.ts'

withFiles()

interface Document {
  readonly recorded: number
  readonly unknown: number
  readonly left: number
  readonly lines: { line: number; target: string; outcome: string; status?: number; id?: number }[]
}

test('a line that a guard refuses keeps no other from being recorded, and is listed with its reason', async () => {
  const api = await fake()
  const text = '192.0.2.7 x\n# dns\n192.0.2.53 x\n192.0.2.8 x\n'
  const { exit, stdout } = await block(api, text, ['--yes'])
  assert.equal(exit, EXIT.refused)
  assert.match(stdout, /recorded +2 of 3\nrefused +1\n/)
  assert.match(stdout, /\n3 +192\.0\.2\.53 +refused +refused by guard protected: .*resolver/)
  assert.doesNotMatch(stdout, /192\.0\.2\.7 /)
  assert.match((await block(api, text, ['--yes', '-o', 'wide'])).stdout, /192\.0\.2\.8 +Cordon#\d+ +recorded/)
  const json = await block(await fake(), text, ['--yes', '-o', 'json'])
  assert.equal(json.exit, EXIT.refused)
  assert.deepEqual(JSON.parse(json.stdout), {
    recorded: 2,
    proposed: 0,
    refused: 1,
    failed: 0,
    unknown: 0,
    left: 0,
    lines: [
      { line: 1, target: '192.0.2.7', outcome: 'recorded', status: 201, id: 1, version: 1 },
      { line: 3, target: '192.0.2.53', outcome: 'refused', status: 422, problem: REFUSED.json },
      { line: 4, target: '192.0.2.8', outcome: 'recorded', status: 201, id: 3, version: 1 },
    ],
  })
})

test('a line that fails for another reason ends with 2', async () => {
  const failed = problem(400, 'match-family', 'match: two families') as { json: unknown }
  const items = [{ status: 201, id: 1, version: 1 }, { status: 400, problem: failed.json }, { status: 500 }]
  const api = await fake({ [BATCH]: () => ({ json: { items } }) })
  const { exit, stdout } = await block(api, '192.0.2.7 x\n2001:db8::1 x\n192.0.2.8 x', ['--yes'])
  assert.equal(exit, EXIT.failure)
  assert.match(stdout, /failed +match: two families \(match-family\)/)
  assert.match(stdout, /failed +the controller answered with status 500/)
})

test('batches of 1,000 follow each other, each under a key of its own', async () => {
  const api = await fake()
  const { exit, stderr, stdout } = await block(api, many(2_001), ['--yes', '-o', 'json'])
  assert.equal(exit, EXIT.ok, stderr)
  assert.deepEqual(
    api.of(BATCH).map((seen) => targets(seen).length),
    [1_000, 1_000, 1],
  )
  assert.equal(new Set(api.of(BATCH).map(({ headers }) => headers['idempotency-key'])).size, 3)
  assert.match(stderr, /1000 of 2001 answered\n2000 of 2001 answered\n/)
  const { lines } = JSON.parse(stdout) as Document
  assert.deepEqual(
    lines.map(({ line, id }) => [line, id]),
    Array.from({ length: 2_001 }, (_, index) => [index + 1, index + 1]),
  )
})

test('the longest file that is taken is told whole', async () => {
  const api = await fake({ [BATCH]: (seen, times) => (times < 3 ? answer(seen) : 'drop') })
  const { exit, stdout } = await block(api, many(100_000), ['--yes', '-o', 'wide'])
  assert.equal(exit, EXIT.failure)
  assert.match(stdout, /recorded +2000 of 100000\nunknown +1000: .*\nleft +97000: lines 3001 to 100000\n/)
  assert.equal(stdout.trimEnd().split('\n').length, 3 + 2 + 100_000)
})

test('a dropped batch is sent again under the same key', async () => {
  const before = problem(409, 'answered-before', 'this was answered before, with a refusal') as {
    json: unknown
  }
  const items = [
    { status: 201, id: 1, version: 1 },
    { status: 409, problem: before.json },
  ]
  const api = await fake({ [BATCH]: (_, times) => (times === 1 ? 'drop' : { json: { items } }) })
  const { exit, stdout } = await block(api, '192.0.2.7 x\n192.0.2.53 x', ['--yes'])
  assert.equal(exit, EXIT.failure)
  assert.match(
    stdout,
    /failed +not taken; why was lost with the connection, .*cordon block 192\.0\.2\.53 --dry-run/,
  )
  assert.equal(api.of(BATCH).length, 2)
  assert.equal(new Set(api.of(BATCH).map(({ headers }) => headers['idempotency-key'])).size, 1)
})

/** Lines of a document by their outcome, as the first and the last of each. */
function spans({ lines }: Document) {
  const all = new Map<string, number[]>()
  for (const { line, outcome } of lines) all.set(outcome, [...(all.get(outcome) ?? []), line])
  return Object.fromEntries([...all].map(([outcome, own]) => [outcome, [own[0], own.at(-1)]]))
}

test('a batch without an answer is not known, those after it are not sent, and those before it are told', async () => {
  const silent: readonly Answer[] = [
    'drop',
    problem(500, 'internal', 'something went wrong'),
    { status: 504 },
    { json: { items: [] } },
  ]
  for (const bad of silent) {
    const api = await fake({ [BATCH]: (seen, times) => (times === 1 ? answer(seen) : bad) })
    const { exit, stdout, stderr } = await block(api, many(2_500), ['--yes', '-o', 'json'])
    assert.equal(exit, EXIT.failure)
    const document = JSON.parse(stdout) as Document
    assert.deepEqual([document.recorded, document.unknown, document.left], [1_000, 1_000, 500])
    assert.deepEqual(spans(document), { recorded: [1, 1_000], unknown: [1_001, 2_000], left: [2_001, 2_500] })
    assert.match(stderr, /whether lines 1001 to 2000 are recorded is not known: .*--target 10\.1\.3\.232;/)
    assert.match(stderr, /nothing of lines 2001 to 2500 is recorded\n$/)
    assert.ok(api.of(BATCH).every((seen) => targets(seen)[0]?.target !== '10.1.7.208'))
  }
})

test('an error after a dropped connection leaves it unknown, the same error at once does not', async () => {
  const full = problem(507, 'ledger-full', 'the disk is full')
  const dropped = await fake({ [BATCH]: (_, times) => (times === 1 ? 'drop' : full) })
  const first = await block(dropped, '192.0.2.7 x', ['--yes'])
  assert.equal(first.exit, EXIT.failure)
  assert.match(first.stdout, /recorded +0 of 1\nunknown +1: line 1\n/)
  assert.match(first.stderr, /the disk is full .*; whether line 1 is recorded is not known/)
  for (const [refused, code] of [
    [full, EXIT.failure],
    [problem(403, 'forbidden', 'this needs the right blocks:write'), EXIT.auth],
  ] as const) {
    const { exit, stdout, stderr } = await block(await fake({ [BATCH]: () => refused }), '192.0.2.7 x', [
      '--yes',
    ])
    assert.equal(exit, code)
    assert.match(stdout, /left +1: line 1\n/)
    assert.doesNotMatch(stderr, /not known/)
  }
})

/** Sleeps for ever, but for the signal. */
const forever: HarnessOptions['sleep'] = (_, signal) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

test('Ctrl-C lets the batch that is under way be answered, and sends no other', async () => {
  const stop = new AbortController()
  const api = await fake({
    [BATCH]: (seen) => {
      stop.abort()
      return answer(seen)
    },
  })
  const options = { signal: stop.signal, sleep: forever }
  const { exit, stdout, stderr } = await block(api, many(1_500), ['--yes', '-o', 'json'], options)
  assert.equal(exit, EXIT.interrupted)
  assert.deepEqual(spans(JSON.parse(stdout) as Document), { recorded: [1, 1_000], left: [1_001, 1_500] })
  assert.match(stderr, /stopping after the answer that is under way/)
  assert.match(stderr, /interrupted; nothing of lines 1001 to 1500 is recorded/)
  assert.equal(api.of(BATCH).length, 1)
})

test('Ctrl-C ends a batch that stays without an answer, which is not known then', async () => {
  const stop = new AbortController()
  const api = await fake({
    [BATCH]: () => {
      stop.abort()
      return 'drop'
    },
  })
  const { exit, stdout, stderr } = await block(api, many(1_500), ['--yes', '-o', 'json'], {
    signal: stop.signal,
  })
  assert.equal(exit, EXIT.interrupted)
  assert.deepEqual(spans(JSON.parse(stdout) as Document), { unknown: [1, 1_000], left: [1_001, 1_500] })
  assert.match(stderr, /interrupted; whether lines 1 to 1000 are recorded is not known/)
})
