import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../../test/helpers/property.ts'
import { grammar } from './grammar.ts'
import { parseLine } from './parse-line.ts'

const FORMS = [
  'show running-config [<filter:pipe>]',
  'show running-config interface <name:interface>',
  'show clock',
  'shutdown',
  'host <address:a4>',
  '<verdict=permit|deny> {any | host <host:a4>} [log]',
  'description <text:rest>',
]
const COMMANDS = FORMS.map((form) => ({ grammar: grammar(form), run: form }))

describe('a line of commands', () => {
  test('may be cut short, and is written out', () => {
    const parsed = parseLine(COMMANDS, 'sho run int gi0/0/1')
    assert.deepEqual(parsed, {
      is: 'command',
      run: FORMS[1],
      words: ['show', 'running-config', 'interface', 'GigabitEthernet0/0/1'],
      values: { name: 'GigabitEthernet0/0/1' },
    })
  })

  test('keeps keywords under their names, and the rest of a line as it is', () => {
    assert.deepEqual(valuesOf('den ho 192.0.2.1'), { verdict: 'deny', host: '192.0.2.1' })
    assert.deepEqual(valuesOf('description  two  blanks '), { text: 'two  blanks' })
    assert.deepEqual(valuesOf('show run | include a | b'), { filter: '| include a | b' })
  })

  const wrong = [
    ['sh', { is: 'ambiguous', word: 0 }],
    ['s', { is: 'ambiguous', word: 0 }],
    ['show', { is: 'incomplete', word: 1 }],
    ['permit host', { is: 'incomplete', word: 2 }],
    ['host 300.1.1.1', { is: 'invalid', at: 5, word: 1 }],
    ['  show  cloak', { is: 'invalid', at: 11, word: 1 }],
    ['show clock x', { is: 'invalid', at: 11, word: 2 }],
    ['show clockx', { is: 'invalid', at: 10, word: 1 }],
  ] as const
  for (const [line, what] of wrong) {
    test(`"${line}" is ${what.is}`, () => assert.deepEqual(parseLine(COMMANDS, line), what))
  }

  test('is understood in every way to cut its words short that leaves one meaning', async () => {
    const words = ['permit', 'deny'] as const
    await holds(
      fc.property(fc.constantFrom(...words), fc.nat(5), fc.boolean(), (verdict, cut, log) => {
        const line = `${verdict.slice(0, cut + 1)} any${log ? ' l' : ''}`
        // "d" may begin "description" as well
        const parsed = parseLine(COMMANDS, line)
        if (verdict === 'deny' && cut < 2 && 'description'.startsWith(verdict.slice(0, cut + 1)))
          assert.equal(parsed.is, 'ambiguous')
        else assert.deepEqual(parsed.is === 'command' && parsed.words[0], verdict)
      }),
      100,
    )
  })

  test('never fails, whatever it is', async () => {
    await holds(
      fc.property(fc.string(), (line) => {
        const parsed = parseLine(COMMANDS, line)
        if (parsed.is === 'invalid') assert.ok(parsed.at < line.length + 1)
      }),
      500,
    )
  })
})

describe('a form of commands', () => {
  for (const form of ['{a | b', 'a ]', '<x:nothing>', '[a}']) {
    test(`"${form}" is none`, () => assert.throws(() => grammar(form), SyntaxError))
  }
})

function valuesOf(line: string): unknown {
  const parsed = parseLine(COMMANDS, line)
  return parsed.is === 'command' ? parsed.values : parsed
}
