import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  figuresIn,
  fourDepartments,
  hostOf as host,
  itOf,
  DEPARTMENTS as NAMES,
} from '../../../test/helpers/four-departments.ts'
import { VirtualOffice } from '../../../test/helpers/virtual-office.ts'
import { amendBlock } from '../amend-block.ts'
import { releaseBlock } from '../release-block.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const EACH = 1_250

/** Blocks 100 hosts a second, of all departments in turn, until each has so many. @returns their numbers */
async function burst(office: VirtualOffice, each: number, duration = '4h'): Promise<readonly number[]> {
  const ids: number[] = []
  for (let from = 0; from < each; from += 25) {
    const targets = Array.from({ length: 100 }, (_, at) => host(at % 4, from + (at >> 2)))
    ids.push(...(await office.block(targets, duration)))
    await office.pass(SECOND)
  }
  return ids
}

describe('of a burst of blocks people are told', () => {
  it('in two mails each of 5,000, and of each block once', async (t: TestContext) => {
    const office = await VirtualOffice.open(t, { site: fourDepartments })
    const ids = await burst(office, EACH)
    await office.pass(10 * MINUTE)
    assert.equal(ids.length, 5_000)
    assert.equal(office.mails.length, 2 * NAMES.length)
    for (const [at, name] of NAMES.entries()) {
      const figures = office.to(itOf(name)).map(figuresIn)
      assert.equal(figures.length, 2)
      assert.equal(
        figures.reduce((sum, { began }) => sum + began, 0),
        EACH,
      )
      for (const { began, changed, ended, lines, more } of figures) {
        assert.deepEqual([changed, ended, lines.length + more], [0, 0, began])
        assert.ok(lines.length <= 50)
      }
      const told = (await office.toldTo(name)).flat()
      assert.deepEqual(
        told.toSorted((a, b) => a - b),
        ids.filter((_, index) => index % 4 === at),
      )
    }
    assert.equal(office.app.ledger.head.pending.size, 0)
    assert.equal(office.app.ledger.head.messages.size, 0)
  })

  it('in one mail each when all of them end at once', async (t: TestContext) => {
    const office = await VirtualOffice.open(t, { site: fourDepartments })
    await office.block(
      Array.from({ length: 1_000 }, (_, at) => host(at % 4, at >> 2)),
      '1h',
    )
    await office.pass(2 * HOUR)
    for (const name of NAMES)
      assert.deepEqual(
        office.to(itOf(name)).map((mail) => [figuresIn(mail).began, figuresIn(mail).ended]),
        [
          [250, 0],
          [0, 250],
        ],
      )
  })

  it('as it stands by then: what began and was moved has begun, what has ended has ended', async (t: TestContext) => {
    const office = await VirtualOffice.open(t, { site: fourDepartments })
    await office.block([host(0, 0)])
    await office.pass(2 * SECOND)
    const [stays = 0, moves = 0, ends = 0] = await office.block([host(0, 1), host(0, 2), host(0, 3)])
    const caller = await office.root()
    const version = office.app.ledger.head.blocks.get(moves)?.version ?? 0
    await office.of(amendBlock(office.app, caller, moves, version, { duration: '2h' }))
    await office.of(releaseBlock(office.app, caller, ends, 'a mistake'))
    await office.pass(2 * MINUTE)
    const [, second = ''] = office.to(itOf('physics'))
    assert.deepEqual(figuresIn(second), {
      ...{ began: 2, changed: 0, ended: 1, more: 0 },
      lines: [`${stays} began`, `${moves} began`, `${ends} ended`],
    })
    assert.match(second, new RegExp(`Cordon#${moves} began: 10\\.10\\.16\\.2/32, until Tue 9 Jun 2026 10:00`))
  })

  it('of those, too, that are not in memory any more', async (t: TestContext) => {
    const office = await VirtualOffice.open(t, { site: fourDepartments, retainEndedMs: 10 * SECOND })
    await office.block([host(0, 0)])
    await office.pass(2 * SECOND)
    const ids = await office.block([host(0, 1), host(0, 2)], '5s')
    const [stays] = await office.block([host(0, 3)])
    await office.pass(40 * SECOND)
    await office.block(['203.0.113.9'])
    assert.ok(ids.every((id) => !office.app.ledger.head.blocks.has(id)))
    await office.pass(MINUTE)
    const [, second = ''] = office.to(itOf('physics'))
    assert.deepEqual(figuresIn(second), {
      ...{ began: 1, changed: 0, ended: 2, more: 0 },
      lines: [...ids.map((id) => `${id} ended`), `${stays} began`],
    })
    assert.match(second, /ended: 10\.10\.16\.1\/32: sends spam/)
  })
})
