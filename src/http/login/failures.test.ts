import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { errorCode, loginFailure } from './failures.ts'

describe('what went wrong with a login', () => {
  it('is logged as a code, never as words', () => {
    const refused = new TypeError('fetch failed', {
      cause: Object.assign(new Error('connect 192.0.2.1'), { code: 'ECONNREFUSED' }),
    })
    assert.equal(errorCode(refused), 'ECONNREFUSED')
    assert.equal(errorCode(Object.assign(new Error('x'), { code: 'a code with words' })), 'Error')
    assert.equal(errorCode('text'), 'unknown')
  })
  it('is trouble of the provider when nobody knows better', () => {
    for (const error of [new TypeError('fetch failed'), new Error('x'), 'text', undefined])
      assert.deepEqual([loginFailure(error).status, loginFailure(error).code], [503, 'login-unavailable'])
  })
})
