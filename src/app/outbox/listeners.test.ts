import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { fourDepartments, hostOf, itOf } from '../../../test/helpers/four-departments.ts'
import { VirtualOffice } from '../../../test/helpers/virtual-office.ts'
import { ANSWER_MARKER } from '../../domain/message.ts'
import { fileUnblock } from '../requests/file.ts'
import { authenticate } from '../tokens.ts'

const MINUTE = 60_000
const NOC = 'noc@uni.example'

function opened(t: TestContext): Promise<VirtualOffice> {
  const listeners = [{ name: 'noc', by: { mail: [{ mail: NOC }] } }]
  return VirtualOffice.open(t, { site: fourDepartments, hearing: { listeners } })
}

/** What asks the reader to do something. */
const ASKS = /answer this mail|cordon requests file|look after|your request|What to do|ask us before/i

describe('who only hears of things', () => {
  it('is told of one block, and nothing of what its department is to do', async (t) => {
    const office = await opened(t)
    const [id] = await office.block([hostOf(0, 1)])
    await office.pass(MINUTE)
    const [mail = ''] = office.to(NOC)
    assert.match(mail, new RegExp(`^Subject: \\[Cordon#${id}\\] .* is blocked$`, 'm'))
    assert.match(mail, /has blocked something\./)
    assert.doesNotMatch(mail, ASKS)
    assert.ok(!mail.includes(ANSWER_MARKER))
    const [theirs = ''] = office.to(itOf('physics'))
    assert.match(theirs, ASKS)
    assert.ok(theirs.includes(ANSWER_MARKER))
  })

  it('is told of many at once in the same way', async (t) => {
    const office = await opened(t)
    await office.block([hostOf(0, 1), hostOf(0, 2)])
    await office.pass(MINUTE)
    assert.match(office.to(NOC)[0] ?? '', /Began: 2/)
    assert.doesNotMatch(office.to(NOC)[0] ?? '', ASKS)
    assert.ok(!office.to(NOC)[0]?.includes(ANSWER_MARKER))
    const [theirs = ''] = office.to(itOf('physics'))
    assert.match(theirs, /put the number\s+of that one into it, as \[Cordon#NUMBER\]/)
    assert.ok(theirs.includes(ANSWER_MARKER), 'what is cited below must not become part of a request')
  })

  it('reads of a request what the desk reads', async (t) => {
    const office = await opened(t)
    const [block = 0] = await office.block([hostOf(0, 1)])
    await office.pass(MINUTE)
    const itss = authenticate(office.app, await office.of(office.app.person('Ines', ['itss'], ['physics'])))
    await office.of(fileUnblock(office.app, itss, { block, text: 'reinstalled' }))
    await office.pass(2 * MINUTE)
    const mail = office.to(NOC).at(-1) ?? ''
    assert.match(mail, /Request of physics about/)
    assert.doesNotMatch(mail, ASKS)
  })
})
