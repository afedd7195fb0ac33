import assert from 'node:assert/strict'
import { hash, randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import { createTransactions, isSameText, LOGIN_LASTS } from './transaction.ts'

const randomText = (bytes: number): string => randomBytes(bytes).toString('base64url')

describe('logins that were begun', () => {
  it('come back from their cookie, and only of the process that made it', () => {
    const clock = { now: () => 1_000 }
    const one = createTransactions(clock, randomText)
    const { transaction, cookie } = one.begin('/blocks/12?a=ü')
    assert.deepEqual(one.read(cookie), transaction)
    assert.equal(createTransactions(clock, randomText).read(cookie), undefined)
  })
  it('give none of their secrets away in it', () => {
    const { transaction, cookie } = createTransactions({ now: () => 0 }, randomText).begin('/')
    for (const secret of [transaction.state, transaction.nonce, transaction.verifier])
      assert.equal(cookie.includes(secret), false)
    assert.equal(transaction.challenge, hash('sha256', transaction.verifier, 'base64url'))
    assert.match(cookie, /^[\w.-]+$/)
  })
  it('are over after their time', () => {
    let now = 0
    const logins = createTransactions({ now: () => now }, randomText)
    const { cookie } = logins.begin('/')
    now = LOGIN_LASTS * 1_000 - 1
    assert.ok(logins.read(cookie))
    now += 1
    assert.equal(logins.read(cookie), undefined)
  })
  it('are nothing when anything of the cookie was changed', () => {
    const logins = createTransactions({ now: () => 0 }, randomText)
    const { cookie } = logins.begin('/')
    for (let at = 0; at < cookie.length; at += 1) {
      const other = cookie[at] === 'A' ? 'B' : 'A'
      assert.equal(logins.read(cookie.slice(0, at) + other + cookie.slice(at + 1)), undefined, String(at))
    }
    for (const text of ['', '.', '...', `${cookie}.`, cookie.slice(1), undefined])
      assert.equal(logins.read(text), undefined)
  })
})

describe('isSameText', () => {
  it('compares texts of any length', () => {
    assert.equal(isSameText('abc', 'abc'), true)
    assert.equal(isSameText('abc', 'abd'), false)
    assert.equal(isSameText('abc', 'ab'), false)
    assert.equal(isSameText('é', 'e'), false)
  })
})
