import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'yaml'
import { encodeJson, encodeYaml } from '../../src/cli/output/encode.ts'
import { paintFor } from '../../src/cli/output/paint.ts'
import { renderFields, renderTable } from '../../src/cli/output/table.ts'
import { localText, relativeText, spanText } from '../../src/cli/output/time.ts'

const plain = (_style: string, text: string) => text
const sink = (isTTY: boolean) => ({ isTTY, columns: 80, write: () => {} })
/** Clears the screen, turns the text around, and starts a line of its own. */
const EVIL = 'a\u001b[2Jb\u202ec\u009bd\nCordon#1 released\te'

test('a table is aligned, cuts visibly, and shows all in wide', () => {
  const columns = [
    { title: 'NAME', cell: ({ name }: { name: string; words: string }) => name },
    { title: 'WORDS', cell: ({ words }: { name: string; words: string }) => words, most: 5 },
  ]
  const rows = [
    { name: 'a', words: 'short' },
    { name: 'longer', words: 'too long' },
  ]
  assert.equal(renderTable(columns, rows, plain), 'NAME    WORDS\na       short\nlonger  too …\n')
  assert.match(renderTable(columns, rows, plain, true), /too long/)
  assert.equal(renderTable(columns, [], plain), 'NAME  WORDS\n')
})

test('no text of others steers the terminal', () => {
  const shown = [
    renderTable([{ title: 'X', cell: () => EVIL }], [0], plain),
    renderFields([['x', EVIL]], plain),
    encodeJson({ x: EVIL }),
    encodeYaml({ x: EVIL }),
  ]
  for (const text of shown) {
    assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\u202e]/u)
    assert.doesNotMatch(text, /^Cordon#1/m)
  }
})

test('JSON and YAML keep the value', () => {
  const value = { x: EVIL, list: [1, null, { y: 'plain', z: '12', '\u001bkey': 'a: b' }] }
  assert.deepEqual(JSON.parse(encodeJson(value)), value)
  assert.deepEqual(parse(encodeYaml(value)), value)
})

test('fields that are not there are left out, lists have a line each', () => {
  const text = renderFields(
    [
      ['one', 'x'],
      ['gone', undefined],
      ['none', []],
      ['many', ['y', { text: 'z', style: 'bad' }]],
    ],
    plain,
  )
  assert.equal(text, 'one   x\nmany  y\n      z\n')
})

test('colours only where they are wanted', () => {
  const isColoured = (...given: Parameters<typeof paintFor>) => paintFor(...given)('bad', 'x') !== 'x'
  assert.equal(isColoured('auto', sink(true), {}), true)
  assert.equal(isColoured('auto', sink(false), {}), false)
  assert.equal(isColoured('auto', sink(true), { NO_COLOR: '1' }), false)
  assert.equal(isColoured('auto', sink(true), { TERM: 'dumb' }), false)
  assert.equal(isColoured('always', sink(false), { NO_COLOR: '1' }), true)
  assert.equal(isColoured('never', sink(true), {}), false)
})

test('times for people', () => {
  assert.deepEqual([0, 59_000, 61_000, 90_000_000].map(spanText), ['0s', '59s', '1m 1s', '1d 1h'])
  assert.equal(relativeText(5_000, 0), 'in 5s')
  assert.equal(relativeText(0, 5_000), '5s ago')
  assert.equal(Date.parse(localText(1_700_000_000_000)), 1_700_000_000_000)
})
