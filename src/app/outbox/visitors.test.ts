import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createMemoryAdapter } from '../../../adapters/memory/index.ts'
import { ACCOUNT_PLACEMENTS, withAccounts } from '../../../test/helpers/campus-accounts.ts'
import { VirtualOffice } from '../../../test/helpers/virtual-office.ts'
import { releaseBlock } from '../release-block.ts'

const MINUTE = 60_000
const HOME = 'abuse@other.example'

function opened(t: TestContext): Promise<VirtualOffice> {
  return VirtualOffice.open(t, { site: withAccounts(createMemoryAdapter()), placements: ACCOUNT_PLACEMENTS })
}

describe('the block of a visitor', () => {
  it('is told to the organisation that the account lives at, and so is its end', async (t) => {
    const office = await opened(t)
    const [id = 0] = await office.block(['eve@other.example'])
    await office.pass(MINUTE)
    const [began = '', ...none] = office.to(HOME)
    assert.deepEqual(none, [])
    assert.match(began, new RegExp(`^Subject: \\[Cordon#${id}\\] eve@other\\.example is blocked here$`, 'm'))
    assert.match(began, /We cannot lock the account\s+itself/)
    assert.match(began, /^Reason:\s+> /m)
    assert.doesNotMatch(began, /cordon requests|Advice/)
    await office.of(releaseBlock(office.app, await office.root(), id, undefined))
    await office.pass(5 * MINUTE)
    assert.match(office.to(HOME)[1] ?? '', /^Subject: .* eve@other\.example is no longer blocked here$/m)
  })

  it('of a realm that the site has not named is told to nobody outside, nor is that of an account of ours', async (t) => {
    const office = await opened(t)
    await office.block(['eve@elsewhere.example', 'alice@campus.example'])
    await office.pass(MINUTE)
    assert.deepEqual(office.to(HOME), [])
    assert.deepEqual(office.to('abuse@elsewhere.example'), [])
  })
})
