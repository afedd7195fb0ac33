import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostKeyFrom, newHostKey } from './host-key.ts'

test('a new host key is one that can be read, also where its public half begins with a zero', () => {
  // one in 256 does
  for (let at = 0; at < 1_500; at += 1) {
    const key = newHostKey()
    assert.deepEqual(hostKeyFrom(key.secret), key)
    assert.equal(Buffer.from(key.line.split(' ')[1] ?? '', 'base64').length, 51)
  }
})
