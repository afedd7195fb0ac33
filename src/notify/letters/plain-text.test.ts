import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { LetterClock } from './letter-time.ts'
import { cleanLine, quoted, wrapped } from './plain-text.ts'

describe('plain text', () => {
  it('has one line of what people write in several, without what hides or turns text', () => {
    assert.equal(cleanLine('a\r\nSubject: b\u2028c\u0000\u202e d\u200b\u0085e\tf '), 'a Subject: b c d e f')
  })

  it('marks every line of a quotation', () => {
    assert.equal(quoted('\nyes\r\n\r\nGranted: all\n'), '> yes\n>\n> Granted: all')
  })

  it('is wrapped at spaces, as lists and quotations are continued', () => {
    const words = 'word '.repeat(20).trim()
    assert.equal(wrapped(`1. ${words}`).split('\n')[1]?.startsWith('   word'), true)
    assert.equal(wrapped(`- ${words}`).split('\n')[1]?.startsWith('  word'), true)
    assert.equal(wrapped(`> ${words}`).split('\n')[1]?.startsWith('> word'), true)
  })

  it('never has a wide line, a blank at an end, or a quotation that goes on without its mark', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab 1.->\n\r\t\u202e\u{1f600}é'), maxLength: 800 })
    fc.assert(
      fc.property(text, (said) => {
        for (const line of wrapped(`Reason:\n${quoted(said)}\nEnd`)
          .split('\n')
          .slice(1, -2)) {
          assert.ok(line.length <= 76, line)
          assert.match(line, /^>( .*\S)?$/u)
        }
      }),
    )
  })

  it('writes times by the clock of a zone, also across its changes', () => {
    const clock = new LetterClock()
    const at = (text: string) => clock.text(Date.parse(text), 'Europe/London')
    assert.equal(at('2026-11-23T14:00:00Z'), 'Mon 23 Nov 2026 14:00 GMT')
    assert.equal(at('2026-07-01T23:30:00Z'), 'Thu 2 Jul 2026 00:30 BST')
    assert.equal(at('2026-10-25T00:30:00Z'), 'Sun 25 Oct 2026 01:30 BST')
    assert.equal(at('2026-10-25T01:30:00Z'), 'Sun 25 Oct 2026 01:30 GMT')
  })
})
