import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import {
  DEPARTMENTS,
  figuresIn,
  fourDepartments,
  hostOf,
  itOf,
} from '../../../test/helpers/four-departments.ts'
import { VirtualOffice } from '../../../test/helpers/virtual-office.ts'
import { amendBlock } from '../amend-block.ts'
import { releaseBlock } from '../release-block.ts'
import { fileUnblock } from '../requests/file.ts'
import { denyRequest } from '../requests/settle.ts'
import { authenticate } from '../tokens.ts'
import { deskAlarms } from './alarms.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const BLOCKS = 240

/** Twenty hours with a block each five minutes, of one department after the other, then four quiet ones. @returns their numbers */
async function day(office: VirtualOffice): Promise<readonly number[]> {
  const caller = await office.root()
  const ids: number[] = []
  for (let at = 0; at < BLOCKS; at += 1) {
    const [id = 0] = await office.block([hostOf(at % 4, at)], at % 3 === 0 ? '30h' : '2h')
    ids.push(id)
    const version = office.app.ledger.head.blocks.get(id)?.version ?? 0
    if (at % 5 === 0) await office.of(amendBlock(office.app, caller, id, version, { duration: '3h' }))
    if (at % 7 === 0) await office.of(releaseBlock(office.app, caller, id, 'a mistake'))
    await office.pass(5 * MINUTE)
  }
  await office.pass(4 * HOUR)
  return ids
}

/** Whether a block of such a day is on at its end. */
function stays(at: number): boolean {
  return at % 3 === 0 && at % 5 !== 0 && at % 7 !== 0
}

function subjectsTo(office: VirtualOffice, department: string): readonly string[] {
  return office.to(itOf(department)).map((mail) => /^Subject: (.*)$/m.exec(mail)?.[1] ?? '')
}

describe('while the mail server is away', () => {
  it('for a day, what happens is put together, and is told once when it is back', async (t: TestContext) => {
    const office = await VirtualOffice.open(t, { site: fourDepartments, retainEndedMs: HOUR })
    await office.goAway()
    const ids = await day(office)
    assert.deepEqual([office.mails.length, office.stuck()], [0, ['mail']])
    const tries = office.tries
    assert.ok(tries <= 4 * 24 + 12, `${tries} tries`)
    await office.comeBack()
    const back = office.clock.now()
    await office.pass(HOUR)
    const { head } = office.app.ledger
    assert.deepEqual([head.pending.size, head.messages.size, office.stuck()], [0, 0, []])
    for (const [department, name] of DEPARTMENTS.entries()) {
      const mine = ids.filter((_, at) => at % 4 === department)
      assert.deepEqual(
        (await office.toldTo(name)).flat().toSorted((a, b) => a - b),
        mine,
      )
      const { began, changed, ended } = figuresIn(office.to(itOf(name)).at(-1) ?? '')
      const on = mine.filter((id) => stays(ids.indexOf(id))).length
      // The first block of all had a mail of its own before anybody knew that the server is away.
      const together = mine.length - (department === 0 ? 1 : 0)
      assert.deepEqual([began, changed, ended], [on, 0, together - on])
    }
    assert.deepEqual(subjectsTo(office, 'physics')[0], '[Cordon#1] 10.10.16.0/32 is no longer blocked')
    assert.equal(office.mails.length, 5)
    const minutes = ((office.mails.at(-1)?.at ?? 0) - back) / MINUTE
    t.diagnostic(
      `${ids.length} blocks: ${tries} tries in vain, then ${office.mails.length} mails in ${minutes} min`,
    )
  })

  it('what is said about a request comes behind what was told of its block, in order', async (t: TestContext) => {
    const office = await VirtualOffice.open(t, { site: fourDepartments })
    await office.goAway()
    await office.block([hostOf(0, 1)], '2d')
    await office.pass(MINUTE)
    const [id = 0] = await office.block([hostOf(0, 2)], '2d')
    await office.pass(10 * MINUTE)
    assert.equal(office.app.ledger.head.messages.size, 1, 'the second waits until it can be told')
    const itss = authenticate(office.app, await office.of(office.app.person('Ines', ['itss'], ['physics'])))
    const request = await office.of(fileUnblock(office.app, itss, { block: id, text: 'reinstalled' }))
    await office.pass(HOUR)
    const denial = { text: 'it still sends', actions: ['change the disk'] }
    await office.of(denyRequest(office.app, await office.root(), request.id, denial))
    await office.pass(HOUR)
    await office.comeBack()
    await office.pass(HOUR)
    assert.deepEqual(
      subjectsTo(office, 'physics').map((subject) => /^\[Cordon#(\d+)\]/.exec(subject)?.[1]),
      [id - 1, id, request.id, request.id].map(String),
    )
    assert.match(office.to(itOf('physics')).at(-1) ?? '', /change the disk/)
  })

  it('for longer than a mail is tried, one is dead, and what came after it is told all the same', async (t: TestContext) => {
    const office = await VirtualOffice.open(t, { site: fourDepartments })
    await office.goAway()
    await office.block([hostOf(0, 1)], '9d')
    await office.pass(DAY)
    const later = await office.block([hostOf(0, 2), hostOf(0, 3)], '9d')
    await office.pass(5 * DAY)
    await office.comeBack()
    await office.pass(HOUR)
    const { messages } = office.app.ledger.head
    assert.deepEqual(
      [...messages.values()].map(({ blocks, dead }) => [
        blocks,
        /not delivered within 5d/.test(dead?.words ?? ''),
      ]),
      [[[1], true]],
    )
    assert.deepEqual(deskAlarms(office.app.ledger.head, office.standings(), office.clock.now()), [
      '1 message could not be sent (cordon outbox --dead)',
    ])
    assert.deepEqual(
      figuresIn(office.to(itOf('physics')).at(-1) ?? '').lines,
      later.map((one) => `${one} began`),
    )
    assert.equal(office.mails.length, 1)
  })
})
