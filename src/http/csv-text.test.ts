import assert from 'node:assert/strict'
import { test } from 'node:test'
import { csvText } from './csv-text.ts'

test('cells are quoted as RFC 4180 wants, and nothing is a formula to a spreadsheet', () => {
  const rows = [
    ['a,b', 'say "x"', 'two\nlines', null],
    ['=1+1', '+1', '-1', '@x'],
    ['\tx', 'plain', 12, -3],
  ]
  assert.equal(
    csvText(['one', 'two', 'three', 'four'], rows),
    [
      'one,two,three,four\r\n',
      '"a,b","say ""x""","two\nlines",\r\n',
      "'=1+1,'+1,'-1,'@x\r\n",
      "'\tx,plain,12,-3\r\n",
    ].join(''),
  )
})
