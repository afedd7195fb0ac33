import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../test/helpers/property.ts'
import { randomFrom } from '../configured/random.ts'
import { BadFraming, Deframer, type Framing, frame } from './framing.ts'

const messages = fc.array(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 200 }).filter((text) => !text.includes(']]>]]>')),
  { minLength: 1, maxLength: 5 },
)

describe('the framing of RFC 6242', () => {
  for (const framing of ['chunked', 'end-of-message'] as const) {
    test(`${framing}: what was framed is read again, however the bytes come`, async () => {
      const property = fc.property(messages, fc.integer(), fc.array(fc.nat(40)), (texts, seed, cuts) => {
        const random = randomFrom(seed)
        const bytes = Buffer.concat(texts.map((text) => frame(text, framing, random)))
        assert.deepEqual(readAll(framing, pieces(bytes, cuts)), texts)
      })
      await holds(property, 500)
    })
  }

  test('a change of the framing holds for what has already come', () => {
    const deframer = new Deframer()
    deframer.push(Buffer.from('<hello/>]]>]]>\n#3\n<a/\n#1\n>\n##\n'))
    assert.equal(deframer.next(), '<hello/>')
    deframer.framing = 'chunked'
    assert.equal(deframer.next(), '<a/>')
    assert.equal(deframer.next(), undefined)
  })

  const BAD = [
    '\n#0\n',
    '\n#01\nx',
    '\n#-1\nx',
    '\n#4294967296\n',
    '\n##\n',
    'x',
    '\n#1x',
    '\n#12345678901\n',
    '\n#1\nab',
  ]
  for (const text of BAD)
    test(`refuses the header ${JSON.stringify(text)}`, () => {
      assert.throws(() => readAll('chunked', [Buffer.from(text)]), BadFraming)
    })
})

function readAll(framing: Framing, all: readonly Buffer[]): string[] {
  const deframer = new Deframer()
  deframer.framing = framing
  const texts: string[] = []
  for (const one of all) {
    deframer.push(one)
    for (let text = deframer.next(); text !== undefined; text = deframer.next()) texts.push(text)
  }
  return texts
}

function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const made: Buffer[] = []
  let at = 0
  for (const size of cuts) {
    made.push(bytes.subarray(at, at + size))
    at += size
  }
  return [...made, bytes.subarray(at)]
}
