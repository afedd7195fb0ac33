import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../../test/helpers/property.ts'
import { Screen } from './screen.ts'
import { type Answer, answersTo, answerTo, promptAtEnd, promptsOf, type Token } from './transcript.ts'

const NOTICE = /(?:^|: )%[A-Z]+-[0-7]-[A-Z_]+: /
const MODES = /(?:\([a-z0-9-]{1,40}\))?[>#]/
const PLATFORM = {
  ...{ name: 'test', modes: MODES, exec: '#', setup: [], more: /--More--\s*$/ },
  ...{ notice: NOTICE, alarms: [], errors: [] },
}
const NAME = 'a-router-with-a-long-name'
/** As the platform cuts it. */
const PROMPT = `${NAME.slice(0, 20)}(config)#`
const LOG = '*Nov 22 14:38:53.123: %SYS-5-CONFIG_I: Configured from console by noc'

/** What a terminal's bytes come to, in pieces that end at these places. */
function tokensIn(text: string, cuts: readonly number[] = []): Token[] {
  const tokens: Token[] = []
  const prompts = promptsOf(NAME, PLATFORM)
  const screen = new Screen({
    line: (line) => void tokens.push({ line }),
    printed: (unfinished) => {
      const mode = prompts.exec(unfinished)?.groups?.['mode']
      if (mode === undefined) return 0
      tokens.push({ prompt: mode })
      return unfinished.length
    },
  })
  const bytes = Buffer.from(text)
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  for (const [index, end] of places.slice(1).entries()) screen.write(bytes.subarray(places[index], end))
  return tokens
}

const lines = fc.uniqueArray(
  fc.integer({ min: 0, max: 255 }).map((byte) => `host 198.51.100.${byte}`),
  { minLength: 1, maxLength: 8 },
)
const outputs = fc.array(fc.constantFrom([], ['% Invalid input'], ['  ^', '% Incomplete command.']), {
  minLength: 9,
  maxLength: 9,
})
/** How often the log speaks up behind each prompt. */
const logs = fc.array(fc.nat(2), { minLength: 9, maxLength: 9 })

interface Played {
  readonly typed: readonly string[]
  readonly said: readonly (readonly string[])[]
  readonly logged: readonly number[]
}

/** A session as a device of one manner shows it. */
function played({ typed, said, logged }: Played, atOnce: boolean, again: boolean): string {
  const echo = atOnce ? typed.map((line) => `${line}\r\n`).join('') : ''
  return typed
    .map((line, index) => {
      const prompt = index === typed.length - 1 ? `${NAME}#` : PROMPT
      const behind = Array.from({ length: logged[index] ?? 0 }, () => `\r\n${LOG}\r\n${again ? prompt : ''}`)
      const answer = (said[index] ?? []).map((one) => `${one}\r\n`).join('')
      return `${atOnce ? '' : `${line}\r\n`}${answer}${prompt}${behind.join('')}`
    })
    .reduce((text, part) => text + part, echo)
}

describe('what a shell shows', () => {
  it('is the same in whatever pieces it comes', () =>
    holds(
      fc.property(
        fc.array(
          fc.constantFrom(
            'a',
            'ü',
            '\r',
            '\n',
            '\b',
            ' ',
            '\u001b[2K',
            '\u001b]0;t\u0007',
            '\u001b[?2004h',
            PROMPT,
          ),
          { maxLength: 40 },
        ),
        fc.array(fc.nat(), { maxLength: 30 }),
        (parts, cuts) => assert.deepEqual(tokensIn(parts.join(''), cuts), tokensIn(parts.join(''))),
      ),
      200,
    ))

  it('tells whose answer is whose, however the device echoes and wherever its log speaks up', () =>
    holds(
      fc.property(
        fc.record({ typed: lines, said: outputs, logged: logs }),
        fc.boolean(),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 10 }),
        (session, atOnce, again, cuts) => {
          const typed = [...session.typed, 'end']
          const tokens = tokensIn(played({ ...session, typed }, atOnce, again), cuts)
          const answers = answersTo(typed, '#', tokens, NOTICE)
          assert.ok(answers !== undefined && answers !== 'garbled')
          assert.deepEqual(
            answers.map((answer: Answer) => answer.lines),
            typed.map((_line, index) => session.said[index]),
          )
        },
      ),
      300,
    ))

  it('is not done before the last prompt, and fits no other number of lines', () => {
    const all = tokensIn(`a\r\nb\r\nend\r\n${PROMPT}${PROMPT}${NAME}#`)
    for (let length = 0; length < all.length; length += 1)
      assert.equal(answersTo(['a', 'b', 'end'], '#', all.slice(0, length), NOTICE), undefined)
    assert.equal(answersTo(['a', 'b', 'c', 'end'], '#', all, NOTICE), 'garbled')
    assert.equal(answersTo(['a', 'end'], '#', all, NOTICE), 'garbled')
  })

  it('needs the echo for an answer, wrapped and parted by the log too', () => {
    const line = 'show object-group CORDON-4-FROM'
    const answered = (text: string): Answer | undefined => answerTo(line, tokensIn(text), NOTICE)
    assert.equal(answered(`\r\n${LOG}\r\n${NAME}#`), undefined)
    const shown = [`${line}\r\nyes\r\n`, `show object-group\r\n CORDON-4-FROM\r\nyes\r\n`]
    const parted = `show obj\r\n${LOG}\r\nect-group CORDON-4-FROM\r\nyes\r\n`
    for (const text of [...shown, parted, `\r\n${LOG}\r\n${NAME}#${line}\r\n${LOG}\r\nyes\r\n`])
      assert.deepEqual(answered(`${text}${NAME}#`), { lines: ['yes'], mode: '#' }, text)
  })

  it('has no page left where one was erased', () => {
    const erased = `${'\b'.repeat(9)}${' '.repeat(8)}${'\b'.repeat(9)}`
    const tokens = tokensIn(
      `one\r\n --More-- ${erased}two\r\n --More-- \r${' '.repeat(10)}\rthree\r\n${NAME}#`,
    )
    assert.deepEqual(tokens, [{ line: 'one' }, { line: 'two' }, { line: 'three' }, { prompt: '#' }])
  })

  it('has its first prompt behind any greeting', () => {
    const banner = ['', 'Keep out #', 'a>b', '']
    assert.equal(promptAtEnd(banner, '', PLATFORM), undefined)
    assert.deepEqual(promptAtEnd(banner, 'r1>', PLATFORM), { name: 'r1', mode: '>' })
    assert.deepEqual(promptAtEnd([...banner, 'vm#', LOG], '', PLATFORM), { name: 'vm', mode: '#' })
  })
})
