import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cookiesOver, cookieText, readCookie } from './cookies.ts'

describe('cookies', () => {
  it('are read by their whole name, and only when they are there once', () => {
    assert.equal(readCookie('a=1; xb=2; b=3=4;c=5', 'b'), '3=4')
    assert.equal(readCookie('b=1; b=2', 'b'), undefined)
    assert.equal(readCookie('', 'b'), undefined)
    assert.equal(readCookie(undefined, 'b'), undefined)
  })
  it('are of one host and the whole of it over TLS', () => {
    const over = cookiesOver(true)
    assert.equal(
      cookieText(over.session, 'x', 60, over),
      '__Host-cordon-session=x; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
    )
    const plain = cookiesOver(false)
    assert.equal(
      cookieText(plain.login, '', 0, plain),
      'cordon-login=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    )
  })
})
