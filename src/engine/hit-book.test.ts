import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HitBook } from './hit-book.ts'

const counters = (packets: Readonly<Record<string, number>>) =>
  new Map(Object.entries(packets).map(([key, count]) => [key, { packets: count, bytes: 100 * count }]))
const always = () => true

describe('a book of hits', () => {
  it('takes what stands at first for old, and what grows for a hit', () => {
    const book = new HitBook()
    book.takeAll(counters({ a: 5 }), 1_000, always)
    assert.deepEqual([book.of('a')?.packets, book.of('a')?.lastHit, book.packets], [5, undefined, 0])
    book.takeAll(counters({ a: 7, b: 1 }), 2_000, always)
    assert.deepEqual([book.of('a')?.packets, book.of('a')?.lastHit], [7, 2_000])
    assert.deepEqual([book.of('b')?.packets, book.of('b')?.lastHit], [1, 2_000])
    book.takeAll(counters({ a: 7, b: 1 }), 3_000, always)
    assert.equal(book.of('a')?.lastHit, 2_000)
    assert.deepEqual([book.packets, book.bytes], [3, 300])
  })

  it('never falls: a device that counts anew is added to what was', () => {
    const book = new HitBook()
    book.takeAll(counters({ a: 10, b: 10 }), 1, always)
    book.takeAll(counters({ a: 4 }), 2, always)
    const { packets, bytes, resets, lastHit } = book.of('a') ?? {}
    assert.deepEqual([packets, bytes, resets, lastHit], [14, 1_400, 1, 2])
    assert.deepEqual([book.of('b')?.packets, book.of('b')?.resets, book.of('b')?.lastHit], [10, 1, undefined])
    book.takeAll(counters({ a: 4, b: 3 }), 3, always)
    assert.deepEqual([book.of('b')?.packets, book.of('b')?.resets, book.of('b')?.lastHit], [13, 1, 3])
  })

  it('keeps nothing of a rule that met nothing, and forgets one that is gone', () => {
    const book = new HitBook()
    book.takeAll(counters({ a: 1, b: 0, elsewhere: 5 }), 1, (key) => key !== 'elsewhere')
    assert.equal(book.size, 1)
    book.takeSome(['a', 'c'], counters({ a: 2 }), 2)
    assert.equal(book.size, 1)
    book.takeAll(counters({ a: 2 }), 3, () => false)
    assert.equal(book.size, 0)
    assert.equal(book.packets, 1, 'the total keeps what was')
    book.takeAll(counters({ a: 1 }), 4, always)
    assert.deepEqual([book.of('a')?.packets, book.of('a')?.resets, book.of('a')?.lastHit], [1, 0, 4])
  })

  it('a reading of some rules leaves the others', () => {
    const book = new HitBook()
    book.takeAll(counters({ a: 1, b: 1 }), 1, always)
    book.takeSome(['a'], counters({ a: 3 }), 2)
    assert.deepEqual([book.of('a')?.packets, book.of('b')?.packets], [3, 1])
    book.takeSome(['b'], counters({}), 3)
    assert.deepEqual([book.of('b')?.packets, book.of('b')?.resets], [1, 1])
  })
})
