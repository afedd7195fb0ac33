import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { realClock } from '../../test/helpers/system-clock.ts'
import type { KnownSession } from './book.ts'
import { Journal } from './journal.ts'

function session(id: string, at: number): KnownSession {
  return {
    key: `wlc ${id}`,
    nas: 'wlc',
    id,
    names: ['alice@campus.example'],
    at,
    heard: at,
    quarantined: false,
  }
}

it('sessions on disk are those that go on, in a file that does not grow for ever', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-journal-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const known = new Map<string, KnownSession>()
  const troubles: (string | undefined)[] = []
  const open = () =>
    Journal.open({
      ...{ folder, clock: realClock(), sessions: () => known.values() },
      onTrouble: (words) => troubles.push(words),
    })
  let { journal } = await open()
  for (let at = 0; at < 1_500; at += 1) {
    const next = session(String(at % 3), at)
    known.set(next.key, next)
    journal.put(next)
  }
  known.delete('wlc 1')
  journal.end('wlc 1')
  await journal.close()
  const path = join(folder, 'sessions.jsonl')
  const lines = () => readFileSync(path, 'utf8').split('\n').length - 1
  assert.equal(lines(), 1_501)
  const second = await open()
  assert.deepEqual([second.held, second.damaged], [[...known.values()].sort((a, b) => a.at - b.at), 0])
  journal = second.journal
  const last = session('0', 2_000)
  known.set(last.key, last)
  journal.put(last)
  // It is written anew behind what was noted.
  await eventually('it is written anew', 10_000, () => lines() < 10)
  await journal.close()
  assert.equal(statSync(path).mode & 0o777, 0o600)
  const third = await open()
  assert.deepEqual(third.held.map(({ id, at }) => [id, at]).sort(), [
    ['0', 2_000],
    ['2', 1_499],
  ])
  await third.journal.close()
  assert.deepEqual(
    troubles.filter((words) => words !== undefined),
    [],
  )
})
