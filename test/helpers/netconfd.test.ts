import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { noNetconfd, startNetconfd } from './netconfd.ts'

describe('a netconfd of our own', { skip: noNetconfd() }, () => {
  it('that cannot load a module says so in the words of its log', async () => {
    await assert.rejects(startNetconfd(['no-such-module']), /netconfd has ended[\s\S]*no-such-module/)
  })
})
