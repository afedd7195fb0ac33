import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { threadIds } from '../../src/notify/mail/thread-ids.ts'
import { holds } from '../helpers/property.ts'

const number = fc.integer({ min: 1, max: 999_999_999_999_999 })
const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
const DOMAIN = 'cordon.example'
const RUNS = 300

describe('a Message-ID of ours', () => {
  it('is dot-atoms and tells what it is about, whatever the domain was', () =>
    holds(
      fc.property(key, number, number, (secret, about, message) => {
        const id = threadIds(secret, DOMAIN).idOf(about, message)
        // RFC 5322 §3.6.4; so no mail program quotes it or changes it.
        assert.match(id, /^[a-z0-9]+(\.[a-z0-9]+)*@[a-z0-9]+(\.[a-z0-9]+)*$/)
        assert.equal(threadIds(secret, 'moved.example').aboutOf(id), about)
      }),
      RUNS,
    ))

  it('is nobody’s with another key, another number or any digit changed', () =>
    holds(
      fc.property(key, key, number, number, number, fc.nat(), (a, b, about, other, message, at) => {
        fc.pre(about !== other && Buffer.compare(a, b) !== 0)
        const ours = threadIds(a, DOMAIN)
        const id = ours.idOf(about, message)
        const [, , , proof = ''] = id.split(/[.@]/)
        assert.equal(threadIds(b, DOMAIN).aboutOf(id), undefined)
        assert.equal(ours.aboutOf(id.replace(`.${about}.`, `.${other}.`)), undefined)
        const place = at % proof.length
        const digit = proof[place] === '0' ? '1' : '0'
        const changed = proof.slice(0, place) + digit + proof.slice(place + 1)
        assert.equal(ours.aboutOf(id.replace(proof, changed)), undefined)
        assert.equal(ours.aboutOf(id.replace(proof, proof.slice(0, -1))), undefined)
      }),
      RUNS,
    ))

  it('is that of a mail about one thing: not the beginning of a thread, nor a mail about several', () =>
    holds(
      fc.property(key, number, (secret, some) => {
        const ours = threadIds(secret, DOMAIN)
        assert.equal(ours.aboutOf(ours.idOf(some, 0)), undefined)
        assert.equal(ours.aboutOf(ours.idOf(0, some)), undefined)
      }),
      RUNS,
    ))

  it('is never made out of anything else', () =>
    holds(
      fc.property(key, fc.string({ unit: 'grapheme' }), (secret, text) => {
        const ours = threadIds(secret, DOMAIN)
        for (const id of [text, `cordon.${text}@${DOMAIN}`, `cordon.1.1.${text}@${DOMAIN}`])
          assert.equal(ours.aboutOf(id), undefined)
      }),
      RUNS,
    ))
})
