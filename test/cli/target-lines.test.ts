import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { batchesOf, type Wanted } from '../../src/cli/batches.ts'
import { targetFault } from '../../src/cli/input/target.ts'
import { readTargetLines, splitLines } from '../../src/cli/input/target-lines.ts'
import { readBlockSpec } from '../../src/domain/block-request.ts'
import { holds } from '../helpers/property.ts'

const read = (text: string, reason?: string) => readTargetLines(splitLines(text), reason)

test('one target a line, its own reason after it, blank lines and comments skipped', () => {
  const text =
    '\ufeff# scanners\r\n192.0.2.7\r\n\r\n  2001:db8::/64\tsends  spam \r\n   # more\ndepartment:physics'
  assert.deepEqual(read(text, 'scans'), {
    lines: [
      { line: 2, target: '192.0.2.7', reason: 'scans' },
      { line: 4, target: '2001:db8::/64', reason: 'sends  spam' },
      { line: 6, target: 'department:physics', reason: 'scans' },
    ],
    faults: [],
  })
})

test('a line that cannot be used is told by its number, with what would be right', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ['192.0.2.300 x', /'192\.0\.2\.300' is not a target; write an address, a prefix, department:NAME/],
    ['192.0.2.7/24 x', /host bits set; write 192\.0\.2\.0\/24 for the prefix, or 192\.0\.2\.7/],
    ['2001:db8::1/64 x', /host bits set; write 2001:db8::\/64/],
    ['192.0.2.7/33 x', /IPv4 takes \/0 to \/32/],
    ['192.0.2.7/ x', /no usable length/],
    ['::ffff:192.0.2.7 x', /write 192\.0\.2\.7/],
    ['192.0.2.7,spam x', /write 192\.0\.2\.7 and put white space/],
    ['fe80::1%eth0 x', /is not a target/],
    ['192.0.2.7', /no reason; write it after the target, or --reason/],
    [`192.0.2.7 ${'x'.repeat(1_001)}`, /1001 characters; at most 1000/],
    ['x'.repeat(101), /at most 100 characters/],
    ['192.0.2.8 spam', /stands on line 1 already, for the same reason/],
  ]
  for (const [text, words] of cases) {
    const { lines, faults } = read(`192.0.2.8 spam\n\n${text}`)
    assert.equal(lines.length, 1, text)
    assert.equal(faults.length, 1, text)
    assert.equal(faults[0]?.line, 3, text)
    assert.match(faults[0]?.words ?? '', words)
  }
  assert.equal(read('192.0.2.8 spam\n192.0.2.8 scans').faults.length, 0)
})

const BLANK = fc.constantFrom('', ' ', '\t', '# 192.0.2.9', '  #x', '#')
const SPACE = fc.constantFrom(' ', '\t', '   ', ' \t')
const TARGET = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter((text) => targetFault(text) === undefined),
  fc.nat({ max: 32 }).map((length) => `0.0.0.0/${length}`),
  fc.constantFrom('department:physics', 'connection:cafe'),
)
const REASON = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
  .map((text) => text.replace(/[\r\n]/g, '').trim())
  .filter((text) => text !== '')
const ROW = fc.oneof(
  BLANK.map((text) => ({ text, target: undefined, reason: undefined })),
  fc
    .record({ target: TARGET, reason: fc.option(REASON, { nil: undefined }), gap: SPACE, before: SPACE })
    .map(({ target, reason, gap, before }) => ({
      text: `${before}${target}${reason === undefined ? '' : gap + reason}${gap}`,
      target,
      reason,
    })),
)

test('whatever stands around them, every target is read with its line and its reason, or told', () =>
  holds(
    fc.property(
      fc.array(ROW, { maxLength: 30 }),
      fc.constantFrom('\n', '\r\n'),
      fc.boolean(),
      (rows, end, last) => {
        const text = rows.map((row) => row.text).join(end) + (last ? end : '')
        const { lines, faults } = read(text, 'of all')
        const asked = rows.flatMap(({ target, reason }, index) =>
          target === undefined ? [] : [{ line: index + 1, target, reason: reason ?? 'of all' }],
        )
        const repeated = faults.map(({ line }) => line)
        assert.deepEqual(
          lines,
          asked.filter(({ line }) => !repeated.includes(line)),
        )
        const keys = asked.map(({ target, reason }) => `${target} ${reason}`)
        assert.equal(faults.length, keys.length - new Set(keys).size)
      },
    ),
    300,
  ))

test('no text makes it fail, and no line is lost', () =>
  holds(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      const { lines, faults } = read(text, 'x')
      const asked = splitLines(text).filter((line) => line.trim() !== '' && !line.trim().startsWith('#'))
      assert.equal(lines.length + faults.length, asked.length)
      for (const { target, reason } of lines) {
        assert.equal(targetFault(target), undefined)
        assert.notEqual(reason, '')
      }
    }),
    300,
  ))

/** Texts near to what the API takes, so that both answers come. */
const NEAR = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: -1, max: 130 })).map((pair) => pair.join('/')),
  fc
    .tuple(fc.constantFrom('10.0.0.0', '2001:db8::', '::'), fc.nat({ max: 130 }))
    .map((pair) => pair.join('/')),
  fc.ipV4().map((text) => `::ffff:${text}`),
  fc.stringMatching(/^(department|connection|dept):[A-Za-z0-9._ -]{0,66}$/),
  fc.stringMatching(/^[0-9a-f.:/%]{1,20}$/),
  fc.constantFrom('', '::ffff:0:0/96', '::ffff:0:0/95', '::/95', '10.0.0.0/08', '10.0.0.0/8/8', '010.0.0.1'),
)

test('what the API takes as a target is taken here, and nothing else', () =>
  holds(
    fc.property(NEAR, (target) => {
      const refuses = () => {
        try {
          readBlockSpec({ target }, () => true)
          return false
        } catch {
          return true
        }
      }
      assert.equal(targetFault(target) !== undefined, refuses(), target)
    }),
    2_000,
  ))

test('no batch has more items or bytes than the API takes, and none of them is lost', () => {
  const wanted = (count: number, reason: string): Wanted[] =>
    Array.from({ length: count }, (_, index) => ({
      line: { line: index + 1, target: '192.0.2.7', reason },
      block: { target: '192.0.2.7', reason, ticket: reason.slice(0, 400), permanent: true },
    }))
  const sizes = (all: readonly Wanted[]) => [...batchesOf(all)].map((batch) => batch.length)
  assert.deepEqual(sizes([]), [])
  assert.deepEqual(sizes(wanted(1_000, 'x')), [1_000])
  assert.deepEqual(sizes(wanted(2_001, 'x')), [1_000, 1_000, 1])
  const long = wanted(1_500, '\u{1f525}'.repeat(1_000))
  const batches = [...batchesOf(long)]
  assert.deepEqual(batches.flat(), long)
  assert.ok(batches.length > 1)
  for (const batch of batches) {
    const text = JSON.stringify({ blocks: batch.map(({ block }) => block) })
    assert.ok(batch.length <= 1_000 && Buffer.byteLength(text) <= 4 * 1_024 * 1_024)
  }
})
