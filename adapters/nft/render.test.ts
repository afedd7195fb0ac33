import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readMatch } from '../../src/domain/match.ts'
import { DROP, type FilterRule, filterRule } from '../../src/domain/rule.ts'
import { arbitraryRules } from '../../test/contract/arbitraries.ts'
import { holds } from '../../test/helpers/property.ts'
import { canonicalRule, statementText } from './expression.ts'
import { nftAdapter } from './index.ts'
import { SliceParser } from './listing.ts'
import { parseShapeName, shapeName } from './name.ts'
import { type ListedRule, readElement, readShape } from './parse.ts'
import { elementText, ruleStatements } from './render.ts'
import { type Entry, entryOf, ruleOf } from './shape.ts'

const rules = arbitraryRules(nftAdapter.capabilities({}), [], { minLength: 1, maxLength: 8 })

function entry(rule: FilterRule): Entry {
  const found = entryOf(rule)
  assert.ok(!('unsupported' in found))
  return found
}

test('an element and its shape give the rule back, whatever it matches', async () => {
  await holds(
    fc.property(rules, (list) => {
      for (const rule of list) assert.deepEqual(ruleOf(entry(rule as FilterRule)), rule)
    }),
    200,
  )
})

test('the name and the rules of a set give its shape back', async () => {
  await holds(
    fc.property(rules, (list) => {
      for (const rule of list) {
        const { shape } = entry(rule as FilterRule)
        const listed = ruleStatements(shape).map((statements, handle): ListedRule => {
          const canonical = canonicalRule(statements)
          return { handle, text: canonical.join(' '), statements: canonical, set: shapeName(shape) }
        })
        assert.deepEqual(readShape(shapeName(shape), listed), { shape, missing: [] })
      }
    }),
    200,
  )
})

test('an element reads back as it was written, in any of the forms that nft gives it', () => {
  const rule = filterRule(
    'acl',
    readMatch(6, { destination: '2001:db8:0:1::/64', protocol: 'udp', destinationPort: 53 }),
    { do: 'rate-limit', bytesPerSecond: 2_097_152 },
  )
  const { shape, value, rate } = entry(rule)
  assert.equal(
    elementText(value, rate),
    '2001:db8:0:1:: . 17 . 53 limit rate over 2097152 bytes/second burst 65536 bytes counter',
  )
  const limit = { rate: 2, rate_unit: 'mbytes', per: 'second', inv: true, burst: 64, burst_unit: 'kbytes' }
  const json = { elem: { val: { concat: ['2001:db8:0:1::', 17, 53] }, limit } }
  assert.deepEqual(readElement(shape, json), { value, rate })
})

test('elements that no rule of ours makes are foreign: host bits, a timeout, missing parts', () => {
  const { shape } = entry(filterRule('acl', readMatch(4, { source: '198.18.0.0/24' }), DROP))
  assert.equal(readElement(shape, '198.18.0.1'), undefined)
  assert.equal(readElement(shape, { elem: { val: '198.18.0.0', timeout: 60 } }), undefined)
  assert.equal(readElement(shape, { elem: { val: { concat: ['198.18.0.0', 17] } } }), undefined)
  assert.deepEqual(readElement(shape, '198.18.0.0'), { value: '198.18.0.0', rate: 0 })
})

test('names that are not ours are no shapes', () => {
  for (const name of ['tick', 'bogons', 'acl4', 'acl5_drop_d24', 'acl4_drop_d24_x', 'acl4_reject_d24']) {
    assert.equal(parseShapeName(name), undefined, name)
  }
})

test('one rule has one text, however nft prefers to list it', () => {
  const left = (protocol: string, field: string) => ({ payload: { protocol, field } })
  const folded = { match: { op: '==', left: left('tcp', 'dport'), right: { range: [80, 90] } } }
  assert.deepEqual(canonicalRule([statementText(folded)]), ['meta l4proto == 6', 'th dport == 80-90'])
  const negated = { match: { op: '!', left: left('tcp', 'flags'), right: [1, 2] } }
  assert.equal(statementText(negated), 'tcp flags & 3 == 0')
  const listed = { match: { op: '==', left: left('tcp', 'flags'), right: { set: [{ '|': [1, 2] }, 1] } } }
  assert.equal(statementText(listed), 'tcp flags == { 1, 3 }')
})

test('a listing cut anywhere reads like the whole', async () => {
  const text = JSON.stringify({
    nftables: [
      { metainfo: { version: '1' } },
      {
        set: {
          name: 'a"]}\\',
          type: ['x', 'y'],
          elem: ['1.1.1.1', { elem: { val: { concat: [1, 2] } } }],
          stmt: [],
        },
      },
      { set: { name: 'elem', type: 'x' } },
      { rule: { handle: 1, expr: [{ match: { right: { set: [1, 2] } } }], comment: 'elem' } },
    ],
  })
  const read = (chunks: readonly string[]): unknown[] => {
    const told: unknown[] = []
    const parser = new SliceParser({ object: (json) => told.push(json), element: (json) => told.push(json) })
    for (const chunk of chunks) parser.push(chunk)
    assert.ok(parser.complete)
    return told
  }
  const whole = read([text])
  assert.equal(whole.length, 6)
  await holds(
    fc.property(fc.uniqueArray(fc.nat(text.length), { maxLength: 12 }), (cuts) => {
      const ends = [0, ...cuts.sort((a, b) => a - b), text.length]
      assert.deepEqual(read(ends.slice(1).map((end, i) => text.slice(ends[i], end))), whole)
    }),
    200,
  )
})
