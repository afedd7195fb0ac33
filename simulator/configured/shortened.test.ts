import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../test/helpers/property.ts'
import { EMPTY_MODEL, entriesOf, type FilterModel, judge, type Term, UDP } from './filters.ts'
import { shortened } from './shortened.ts'

const hosts = ['2001:db8:a::1', '2001:db8:a::2', '2001:db8:a::3', '2001:db8:a::4']
const REST: Term = { match: {}, verdict: 'accept' }

/** Drops what comes from some hosts, by a term each, and from the members of a list. */
function edge(terms: readonly string[], members: readonly string[] = [], rest = true): FilterModel {
  const drops = terms.map(
    (host, at): Term => ({
      match: { sources: { prefixes: [host] } },
      verdict: 'drop',
      counter: `edge ${at}`,
    }),
  )
  return {
    ...EMPTY_MODEL,
    lists: new Map([['blocked', members]]),
    attachments: (['outside', 'beside'] as const).map((port) => ({
      interface: port,
      direction: 'in',
      family: 6,
      filters: [
        {
          name: 'edge',
          terms: [
            ...drops,
            { match: { sources: { lists: ['blocked'] } }, verdict: 'drop' },
            ...(rest ? [REST] : []),
          ],
        },
      ],
      otherwise: 'drop',
    })),
  }
}

function dropped(model: FilterModel): string[] {
  const to = { in: 'outside', destination: '2001:db8:b::1', protocol: UDP }
  return hosts.filter((source) => judge(model, { ...to, source }).dropped)
}

describe('a table that is full', () => {
  test('does not enforce terms beyond its room, whatever their place and number', () => {
    const before = edge(['2001:db8:a::1'])
    assert.equal(entriesOf(before), 3)
    const wanted = edge(['2001:db8:a::2', '2001:db8:a::3', '2001:db8:a::1'])
    assert.deepEqual(dropped(wanted), hosts.slice(0, 3))
    assert.deepEqual(dropped(shortened(wanted, 3, before)), ['2001:db8:a::1'])
    assert.deepEqual(dropped(shortened(wanted, 4, before)), ['2001:db8:a::1', '2001:db8:a::2'])
  })

  test('gives the room of what went to what is new, in the list or beside it', () => {
    const before = edge(['2001:db8:a::1'], ['2001:db8:a::2'])
    assert.deepEqual(dropped(shortened(edge([], ['2001:db8:a::3', '2001:db8:a::2']), 4, before)), [
      '2001:db8:a::2',
      '2001:db8:a::3',
    ])
    assert.deepEqual(dropped(shortened(edge(['2001:db8:a::3'], ['2001:db8:a::2']), 4, before)), [
      '2001:db8:a::2',
      '2001:db8:a::3',
    ])
  })

  test('lets everything pass where nothing of a filter fitted', () => {
    assert.deepEqual(dropped(shortened(edge(['2001:db8:a::1'], [], false), 0, EMPTY_MODEL)), [])
  })

  test('never holds more than its room or what it held, keeps all of that, and adds nothing', () =>
    holds(
      fc.property(
        fc.uniqueArray(fc.constantFrom(...hosts)),
        fc.uniqueArray(fc.constantFrom(...hosts)),
        fc.uniqueArray(fc.constantFrom(...hosts)),
        fc.uniqueArray(fc.constantFrom(...hosts)),
        fc.nat(12),
        (terms, members, oldTerms, oldMembers, most) => {
          const before = edge(oldTerms, oldMembers)
          const wanted = edge(terms, members)
          const held = shortened(wanted, most, before)
          const kept = shortened(wanted, 0, before)
          assert.ok(entriesOf(held) <= Math.max(most, entriesOf(kept)))
          for (const host of dropped(kept)) assert.ok(dropped(held).includes(host))
          for (const host of dropped(held)) assert.ok(dropped(wanted).includes(host))
          for (const host of dropped(before))
            if (
              terms.includes(host) === oldTerms.includes(host) &&
              members.includes(host) === oldMembers.includes(host)
            )
              assert.ok(dropped(kept).includes(host))
          assert.deepEqual(shortened(wanted, entriesOf(wanted), EMPTY_MODEL), wanted)
        },
      ),
      200,
    ))
})
