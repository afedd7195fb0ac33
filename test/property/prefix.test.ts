import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InputError } from '../../src/domain/input-error.ts'
import {
  aggregatePrefixes,
  comparePrefixes,
  type Family,
  isHostPrefix,
  type Prefix,
  parsePrefix,
  prefixAddress,
  prefixBits,
  prefixContains,
  prefixesOverlap,
  prefixFamily,
  prefixFromBits,
  prefixLength,
  prefixSize,
  subtractPrefixes,
  widenPrefix,
} from '../../src/domain/prefix.ts'
import { PrefixMap } from '../../src/domain/prefix-map.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 300
const WIDTH: Readonly<Record<Family, number>> = { 4: 32, 6: 128 }
/** The 256 addresses on which the model counts, one by one. */
const WINDOW: Readonly<Record<Family, bigint>> = { 4: 0xc6120000n, 6: 0x20010db8_00000000_00000000_00000000n }

const families = fc.constantFrom<Family>(4, 6)

/** Any prefix at all. */
const anyPrefix = families.chain((family) =>
  fc
    .tuple(fc.bigInt(0n, (1n << BigInt(WIDTH[family])) - 1n), fc.integer({ min: 0, max: WIDTH[family] }))
    .filter(([bits]) => family === 4 || bits >> 32n !== 0xffffn)
    .map(([bits, length]) => prefixFromBits(family, bits, length))
    .filter((prefix) => family === 4 || prefixBits(prefix) >> 32n !== 0xffffn),
)

/** A prefix inside the window. */
function small(family: Family): fc.Arbitrary<Prefix> {
  return fc
    .tuple(fc.bigInt(0n, 255n), fc.integer({ min: 0, max: 8 }))
    .map(([low, length]) => prefixFromBits(family, WINDOW[family] | low, WIDTH[family] - 8 + length))
}

const smallPrefix = families.chain(small)

/** The addresses of prefixes within the windows, counted one by one from the text alone. */
function addresses(prefixes: readonly Prefix[]): Set<string> {
  const found = new Set<string>()
  for (const prefix of prefixes) {
    const [address = '', length = ''] = prefix.split('/')
    const family = address.includes(':') ? 6 : 4
    const size = 2 ** (WIDTH[family] - Number(length))
    const low =
      family === 4 ? Number(address.split('.').at(-1)) : Number.parseInt(address.split(':').at(-1) || '0', 16)
    for (let offset = 0; offset < size; offset += 1) found.add(`${family} ${low + offset}`)
  }
  return found
}

const sorted = (set: Iterable<string>): string[] => [...set].sort()

describe('prefix text', () => {
  it('comes back as it was written', () =>
    holds(
      fc.property(anyPrefix, (prefix) => {
        assert.equal(parsePrefix(prefix), prefix)
        assert.equal(prefixFromBits(prefixFamily(prefix), prefixBits(prefix), prefixLength(prefix)), prefix)
        assert.equal(prefixSize(prefix), 1n << BigInt(WIDTH[prefixFamily(prefix)] - prefixLength(prefix)))
        if (isHostPrefix(prefix)) assert.equal(parsePrefix(prefixAddress(prefix)), prefix)
      }),
      RUNS,
    ))

  it('is one text for all ways to write an IPv6 address', () =>
    holds(
      fc.property(
        fc.array(fc.constantFrom(0, 0, 0, 1, 0xdb8, 0xffff), { minLength: 8, maxLength: 8 }),
        (groups) => {
          fc.pre(!(groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff))
          const plain = groups.map((group) => group.toString(16)).join(':')
          const padded = groups.map((group) => group.toString(16).toUpperCase().padStart(4, '0')).join(':')
          const canonical = parsePrefix(plain)
          assert.equal(parsePrefix(padded), canonical)
          assert.equal(parsePrefix(canonical), canonical)
          assert.equal(canonical, `${rfc5952(groups)}/128`)
        },
      ),
      RUNS,
    ))

  const refused: readonly [text: string, code: string][] = [
    ['', 'prefix-malformed'],
    ['10.0.0', 'prefix-malformed'],
    ['10.0.0.256', 'prefix-malformed'],
    ['010.0.0.1', 'prefix-malformed'],
    ['0x0a.0.0.1', 'prefix-malformed'],
    [' 10.0.0.1', 'prefix-malformed'],
    ['10.0.0.1 ', 'prefix-malformed'],
    ['10.0.0.0/33', 'prefix-malformed'],
    ['10.0.0.0/-1', 'prefix-malformed'],
    ['10.0.0.0/08', 'prefix-malformed'],
    ['10.0.0.0/', 'prefix-malformed'],
    ['10.0.0.0/8/8', 'prefix-malformed'],
    ['10.0.0.0/255.0.0.0', 'prefix-malformed'],
    ['2001:db8::/129', 'prefix-malformed'],
    ['2001:db8::%eth0', 'prefix-malformed'],
    ['fe80::1%1/64', 'prefix-malformed'],
    ['2001:db8:::1', 'prefix-malformed'],
    ['[2001:db8::1]', 'prefix-malformed'],
    ['host.example', 'prefix-malformed'],
    ['10.0.0.1/8', 'prefix-host-bits'],
    ['0.0.0.1/0', 'prefix-host-bits'],
    ['2001:db8::1/64', 'prefix-host-bits'],
    ['::ffff:10.0.0.1', 'prefix-mapped'],
    ['::ffff:a00:1', 'prefix-mapped'],
    ['::ffff:0:0/96', 'prefix-mapped'],
  ]
  for (const [text, code] of refused) {
    it(`'${text}' is refused as ${code}`, () => {
      assert.throws(
        () => parsePrefix(text),
        (error) => error instanceof InputError && error.code === code && error.message !== '',
      )
    })
  }
})

/** RFC 5952 §4: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function rfc5952(groups: readonly number[]): string {
  let best = { start: 0, length: 1 }
  for (let start = 0; start < 8; start += 1) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length += 1
    if (length > best.length) best = { start, length }
  }
  const hex = groups.map((group) => group.toString(16))
  if (best.length < 2) return hex.join(':')
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`
}

describe('prefix sets against addresses counted one by one', () => {
  it('contains and overlaps', () =>
    holds(
      fc.property(smallPrefix, smallPrefix, (a, b) => {
        const [inA, inB] = [addresses([a]), addresses([b])]
        assert.equal(
          prefixContains(a, b),
          [...inB].every((address) => inA.has(address)),
        )
        assert.equal(
          prefixesOverlap(a, b),
          [...inB].some((address) => inA.has(address)),
        )
      }),
      RUNS,
    ))

  it('subtracts', () =>
    holds(
      fc.property(
        families.chain((family) => fc.tuple(small(family), fc.array(smallPrefix, { maxLength: 5 }))),
        ([prefix, holes]) => {
          const rest = subtractPrefixes(prefix, holes)
          const gone = addresses(holes)
          assert.deepEqual(
            sorted(addresses(rest)),
            sorted(addresses([prefix])).filter((one) => !gone.has(one)),
          )
          assert.deepEqual(rest, aggregatePrefixes(rest), 'fewest, in address order')
        },
      ),
      RUNS,
    ))

  it('aggregates: the same addresses, the fewest prefixes, one answer whatever the order', () =>
    holds(
      fc.property(fc.array(smallPrefix, { maxLength: 12 }), (prefixes) => {
        const merged = aggregatePrefixes(prefixes)
        assert.deepEqual(sorted(addresses(merged)), sorted(addresses(prefixes)))
        assert.deepEqual(aggregatePrefixes(prefixes.toReversed()), merged)
        assert.deepEqual(merged, merged.toSorted(comparePrefixes))
        assert.equal(merged.length, fewest(addresses(merged)))
      }),
      RUNS,
    ))

  it('widens to the prefix that contains it', () =>
    holds(
      fc.property(anyPrefix, fc.nat(128), (prefix, cut) => {
        const wide = widenPrefix(prefix, Math.max(0, prefixLength(prefix) - cut))
        assert.ok(prefixContains(wide, prefix))
        assert.equal(parsePrefix(wide), wide)
      }),
      RUNS,
    ))

  it('orders: total, and equal only for equal texts', () =>
    holds(
      fc.property(anyPrefix, anyPrefix, (a, b) => {
        assert.equal(comparePrefixes(a, b) === 0, a === b)
        assert.equal(Math.sign(comparePrefixes(a, b)) + Math.sign(comparePrefixes(b, a)), 0)
      }),
      RUNS,
    ))
})

/** How many aligned power-of-two runs the addresses need, by halving each family's window. */
function fewest(present: ReadonlySet<string>): number {
  const count = (family: Family, low: number, size: number): number => {
    const inside = Array.from({ length: size }, (_, offset) => present.has(`${family} ${low + offset}`))
    if (inside.every(Boolean)) return 1
    if (!inside.some(Boolean)) return 0
    return count(family, low, size / 2) + count(family, low + size / 2, size / 2)
  }
  return count(4, 0, 256) + count(6, 0, 256)
}

describe('PrefixMap against a list', () => {
  const step = fc.tuple(fc.constantFrom('set', 'set', 'delete'), smallPrefix, fc.nat(9))

  it('holds what was set last, and finds what covers, lies inside and overlaps', () =>
    holds(
      fc.property(fc.array(step, { maxLength: 30 }), smallPrefix, (steps, asked) => {
        const map = new PrefixMap<number>()
        const model = new Map<Prefix, number>()
        for (const [what, prefix, value] of steps) {
          if (what === 'set') {
            map.set(prefix, value)
            model.set(prefix, value)
          } else assert.equal(map.delete(prefix), model.delete(prefix))
          assert.equal(map.size, model.size)
        }
        assert.equal(map.get(asked), model.get(asked))
        const entries = [...model]
        const text = (found: [Prefix, number][]): string[] =>
          found.map(([prefix, value]) => `${prefix} ${value}`).sort()
        const covering = entries.filter(([prefix]) => prefixContains(prefix, asked))
        const inside = entries.filter(([prefix]) => prefix !== asked && prefixContains(asked, prefix))
        assert.deepEqual(text(map.covering(asked)), text(covering))
        assert.deepEqual(text(map.inside(asked)), text(inside))
        assert.deepEqual(text(map.overlapping(asked)), text([...covering, ...inside]))
        const lengths = map.covering(asked).map(([prefix]) => prefixLength(prefix))
        assert.deepEqual(
          lengths,
          lengths.toSorted((a, b) => a - b),
          'the widest first',
        )
      }),
      RUNS,
    ))
})
