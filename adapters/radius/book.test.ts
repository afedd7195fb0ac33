import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type KnownSession, keyOf, SessionBook } from './book.ts'

function session(
  id: string,
  at: number,
  more: Partial<KnownSession> = {},
): Omit<KnownSession, 'quarantined'> {
  const names = ['alice@campus.example']
  return { key: keyOf('wlc', id), nas: 'wlc', id, at, heard: at, names, ...more }
}

describe('the book of sessions', () => {
  it('knows who is on, whatever the order in which and how often it is told', () => {
    const stories = fc.uniqueArray(fc.nat({ max: 9 }), { minLength: 1 }).chain((ids) => {
      const told = ids.flatMap((id) => {
        const one = session(String(id), 10 * id)
        const later = session(String(id), 10 * id + 3)
        const end = { key: one.key, end: 10 * id + 5 }
        return id % 2 === 0 ? [one, later, end] : [one, later]
      })
      return fc.tuple(
        fc.constant(ids),
        fc.shuffledSubarray([...told, ...told], { minLength: told.length * 2 }),
      )
    })
    fc.assert(
      fc.property(stories, ([ids, told]) => {
        const book = new SessionBook(100)
        for (const one of told)
          if ('end' in one) book.ended(one.key, one.end)
          else book.alive(one)
        const on = ids.filter((id) => id % 2 === 1).map((id) => keyOf('wlc', String(id)))
        assert.deepEqual(
          book
            .of('alice@campus.example')
            .map(({ key }) => key)
            .sort(),
          on.sort(),
        )
        for (const key of on) assert.equal((book.get(key)?.at ?? 0) % 10, 3, 'the newest word stands')
      }),
    )
  })

  it('keeps what an earlier word said and a later one leaves out', () => {
    const book = new SessionBook(10)
    book.alive(session('a', 1, { station: '02-00-5E-10-00-01', address: '10.0.0.7' }))
    const { session: known } = book.alive(session('a', 2))
    assert.deepEqual([known?.station, known?.address, known?.at], ['02-00-5E-10-00-01', '10.0.0.7', 2])
  })

  it('takes a session id that a NAS uses anew for another session', () => {
    const book = new SessionBook(10)
    book.alive(session('a', 1))
    book.ended(keyOf('wlc', 'a'), 2)
    book.alive(session('a', 3, { names: ['bob@campus.example'] }))
    assert.equal(book.of('bob@campus.example').length, 1)
    assert.equal(book.ended(keyOf('wlc', 'a'), 2), undefined, 'the end of the one before')
    assert.equal(book.size, 1)
  })

  it('loses all of a NAS that restarts, and none that has come since', () => {
    const book = new SessionBook(10)
    for (const [id, at] of [
      ['a', 1],
      ['b', 5],
    ] as const)
      book.alive(session(id, at))
    book.alive({ ...session('c', 1), key: keyOf('other', 'c'), nas: 'other' })
    assert.deepEqual(
      book.restarted('wlc', 3).map(({ id }) => id),
      ['a'],
    )
    assert.equal(book.size, 2)
  })

  it('makes room by the one that was not heard of for longest, and forgets old ones', () => {
    const book = new SessionBook(2)
    for (const [id, at] of [
      ['a', 1],
      ['b', 2],
      ['a', 3],
    ] as const)
      book.alive(session(id, at))
    assert.equal(book.alive(session('c', 4)).dropped?.id, 'b')
    assert.deepEqual(
      book.forget(4).map(({ id }) => id),
      ['a'],
    )
    assert.equal(book.size, 1)
  })

  it('keeps that a session is in quarantine until it is a new one', () => {
    const book = new SessionBook(10)
    book.alive(session('a', 1))
    book.quarantine(keyOf('wlc', 'a'), true)
    assert.equal(book.alive(session('a', 2)).session?.quarantined, true)
    book.ended(keyOf('wlc', 'a'))
    assert.equal(book.alive(session('a', 3)).session?.quarantined, false)
  })
})
