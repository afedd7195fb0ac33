import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, test } from 'node:test'
import { created, failed, flagged } from '../../test/helpers/events.ts'
import { realClock } from '../../test/helpers/system-clock.ts'
import { VirtualClock } from '../../test/helpers/virtual-clock.ts'
import { SILENT } from '../domain/log.ts'
import type { LedgerEvent, Recorded } from '../ledger/events.ts'
import { fold } from '../ledger/fold.ts'
import { emptyState } from '../ledger/state.ts'
import { Pager } from './pager.ts'
import { latePage, type Page, pageOf, standingAlarms } from './pages.ts'
import { runCommand } from './run-command.ts'

const folder = mkdtempSync(join(tmpdir(), 'cordon-pager-'))
after(() => rmSync(folder, { recursive: true, force: true }))

const AT = Date.UTC(2026, 10, 20, 12)

function recorded(seq: number, event: LedgerEvent): Recorded {
  return { seq, at: AT, event, redacted: false }
}

const FROZEN: LedgerEvent = { type: 'automation.frozen', by: 't1', reason: 'secret words' }
const PROPOSAL = { digest: 'd', asks: [], expires: 5, agreed: ['p1'], participants: [] }
const EMERGENCY = created(7, { emergency: true, proposal: PROPOSAL, until: null })

describe('what needs a person', () => {
  const overridden: LedgerEvent = {
    type: 'milestones',
    device: 'edge-1',
    reached: 'failed',
    blocks: [3, 4, 5],
    words: ['rejected: overridden: someone removed 192.0.2.7 twice', 'timeout: late', 'rejected: overridden'],
  }
  const cases: readonly [LedgerEvent, Partial<Page> | undefined][] = [
    [EMERGENCY, { kind: 'emergency', block: 7, count: 1 }],
    [flagged(7, 'a secret word'), { kind: 'flagged', block: 7, count: 1 }],
    [flagged(7, undefined), undefined],
    [created(8), undefined],
    [
      { type: 'breaker.tripped', breaker: 'all', limit: '30 in 1m', source: 't1' },
      { kind: 'breaker', count: 1 },
    ],
    [
      { type: 'automation.panicked', blocks: [1, 2], by: 't1' },
      { kind: 'panic', count: 1 },
    ],
    [FROZEN, { kind: 'frozen', count: 1 }],
    [{ type: 'automation.thawed', by: 't1' }, undefined],
    [overridden, { kind: 'overridden', block: 3, count: 2 }],
    [failed('edge-1', [3]), undefined],
  ]
  for (const [index, [event, expected]] of cases.entries())
    it(`${index + 1}: ${event.type} ${expected?.kind ?? 'is none'}`, () => {
      const page = pageOf(recorded(9, event))
      if (expected === undefined) return assert.equal(page, undefined)
      assert.deepEqual({ ...page, ...expected }, page)
      assert.deepEqual([page?.seq, page?.at], [9, '2026-11-20T12:00:00.000Z'])
      assert.doesNotMatch(JSON.stringify(page), /secret|192\.0\.2|198\.18|reason-of/, 'personal data')
    })

  it('is an alarm for as long as it lasts', () => {
    const state = emptyState()
    assert.deepEqual(standingAlarms(state), [])
    const tripped: LedgerEvent = { type: 'breaker.tripped', breaker: 'all', limit: '30 in 1m', source: 't1' }
    for (const [index, event] of [EMERGENCY, FROZEN, tripped].entries())
      fold(state, recorded(index + 1, event))
    assert.match(standingAlarms(state).join(' '), /frozen.*breaker all has tripped.*Cordon#7/)
    fold(state, recorded(4, { type: 'automation.thawed', by: 't1' }))
    fold(state, recorded(5, { type: 'breaker.reset', breaker: 'all', by: 't1' }))
    fold(state, recorded(6, flagged(7, 'a secret word')))
    assert.match(standingAlarms(state).join(' '), /changed hands: Cordon#7$/)
    fold(state, recorded(7, { type: 'block.released', block: 7, by: 't1' }))
    assert.deepEqual(standingAlarms(state), [])
  })
})

function watched(outcomes: (string | undefined)[] = []) {
  const clock = new VirtualClock()
  const sent: { readonly at: number; readonly page: Page }[] = []
  const pager = new Pager({
    clock,
    log: SILENT,
    send: async (page) => {
      sent.push({ at: clock.monotonic(), page })
      return outcomes.shift()
    },
  })
  return { clock, sent, pager }
}

test('a burst of one kind is one page with a count, other kinds have their own', async () => {
  const { clock, sent, pager } = watched()
  for (let seq = 1; seq <= 5; seq += 1) pager.take([recorded(seq, FROZEN)])
  pager.take([recorded(6, EMERGENCY)])
  await clock.advance(9_000)
  pager.take([recorded(7, FROZEN)])
  assert.equal(sent.length, 0)
  await clock.advance(2_000)
  assert.deepEqual(
    sent.map(({ page }) => [page.kind, page.count, page.seq]),
    [
      ['frozen', 6, 1],
      ['emergency', 1, 6],
    ],
  )
  pager.take([recorded(8, FROZEN)])
  await clock.advance(10_000)
  assert.deepEqual([sent.length, pager.counts.get('sent')], [3, 3])
})

test('routers that are late are a page, too, those of a burst one', async () => {
  const { clock, sent, pager } = watched()
  for (const router of ['r1', 'r2'])
    pager.tell(latePage('core', `announced but not accepted at ${router}: 3 rules`, AT, 41))
  await clock.advance(10_000)
  const words = 'core: announced but not accepted at r1: 3 rules'
  const at = new Date(AT).toISOString()
  assert.deepEqual(
    sent.map(({ page }) => page),
    [{ kind: 'late', words, at, seq: 41, count: 2 }],
  )
})

test('three more tries with growing pauses, then an alarm until one comes through', async () => {
  const no = 'it ended with exit code 1'
  const { clock, sent, pager } = watched([no, no, no, no])
  pager.take([recorded(1, FROZEN)])
  await clock.advance(60_000)
  assert.deepEqual(
    sent.map(({ at }) => at),
    [10_000, 11_000, 16_000, 41_000],
  )
  assert.deepEqual([...pager.counts].sort(), [
    ['failed', 1],
    ['retried', 3],
  ])
  assert.match(pager.alarm() ?? '', /the last page \(frozen\) was not sent/)
  pager.take([recorded(2, EMERGENCY)])
  await clock.advance(10_000)
  assert.equal(pager.alarm(), undefined)
})

test('pages that wait while one is tried again are one of each kind', async () => {
  const no = 'no'
  const { clock, sent, pager } = watched([no, no, no, undefined])
  pager.take([recorded(1, FROZEN)])
  await clock.advance(11_500)
  for (let seq = 2; seq < 500; seq += 1) {
    pager.take([recorded(seq, EMERGENCY)])
    await clock.advance(50)
  }
  await clock.advance(40_000)
  const emergencies = sent.filter(({ page }) => page.kind === 'emergency')
  assert.equal(
    emergencies.reduce((sum, { page }) => sum + page.count, 0),
    498,
  )
  assert.ok(emergencies.length <= 3, `${emergencies.length}`)
})

test('what is gathered goes out at the end, tried once', async () => {
  const { sent, pager } = watched(['no', 'no'])
  pager.take([recorded(1, FROZEN), recorded(2, EMERGENCY)])
  await pager.close()
  assert.deepEqual(
    sent.map(({ page }) => page.kind),
    ['frozen', 'emergency'],
  )
})

/** A script of the site. */
function script(name: string, body: string): string {
  const path = join(folder, name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 })
  return path
}

const clock = realClock()

function run(command: readonly [string, ...string[]], timeout = 5_000, input = '{"kind":"frozen"}\n') {
  const env = { PATH: '/usr/bin:/bin', OUT: folder }
  return runCommand({ command, input, timeout, env, clock, signal: new AbortController().signal })
}

describe('a command', () => {
  it('is given the page on standard input, its arguments as they are, and little of the environment', async () => {
    process.env['CORDON_TEST_SECRET'] = 'must not be passed on'
    const path = script('page', 'cat > "$OUT/page.json"; printf "%s|" "$@" > "$OUT/args"; env > "$OUT/env"')
    assert.equal(await run([path, 'a b', '$(touch no)', '*']), undefined)
    assert.equal(readFileSync(join(folder, 'page.json'), 'utf8'), '{"kind":"frozen"}\n')
    assert.equal(readFileSync(join(folder, 'args'), 'utf8'), 'a b|$(touch no)|*|')
    assert.doesNotMatch(readFileSync(join(folder, 'env'), 'utf8'), /must not be passed on/)
    delete process.env['CORDON_TEST_SECRET']
  })

  it('says how it failed, in its own words as far as they are short', async () => {
    assert.equal(
      await run([script('bad', 'echo no route to the provider >&2; exit 3')]),
      'it ended with exit code 3: no route to the provider',
    )
    const loud = await run([script('loud', 'yes loud | head -c 5000000; exit 1')])
    assert.ok((loud?.length ?? 0) < 1_100)
    assert.match((await run([join(folder, 'nowhere')])) ?? '', /ENOENT/)
  })

  it('need not read what it is told', async () => {
    assert.equal(await run([script('deaf', 'exit 0')], 5_000, 'x'.repeat(1 << 20)), undefined)
  })

  it('is killed when it takes too long, with all that it started', async () => {
    const path = script('slow', '(sleep 2; touch "$OUT/survived") & sleep 30')
    const began = Date.now()
    assert.match((await run([path], 300)) ?? '', /took longer than 0\.3 s/)
    assert.ok(Date.now() - began < 1_500)
    await new Promise((resolve) => setTimeout(resolve, 2_300))
    assert.equal(existsSync(join(folder, 'survived')), false)
  })

  it('that leaves something running holds nobody up', async () => {
    const began = Date.now()
    assert.equal(await run([script('daemon', 'sleep 3 & exit 0')]), undefined)
    assert.ok(Date.now() - began < 1_500)
  })
})
