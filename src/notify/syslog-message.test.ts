import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { framed, type SyslogMessage, syslogBytes } from './syslog-message.ts'

/** What a receiver reads, by the grammar of RFC 5424 §6 and nothing else. */
interface Read {
  readonly priority: number
  readonly version: number
  readonly timestamp: string
  readonly fields: readonly string[]
  readonly id: string
  readonly parameters: readonly (readonly [string, string])[]
  readonly text: string
}

const TIMESTAMP = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)`
const HEADER = new RegExp(
  String.raw`^<(0|[1-9]\d{0,2})>([1-9]\d{0,2}) (-|${TIMESTAMP}) ([!-~]{1,255}) ([!-~]{1,48}) ([!-~]{1,128}) ([!-~]{1,32}) `,
)
const SD_NAME = /^[!#-<>-\\^-~]{1,32}/

function readMessage(bytes: Buffer): Read {
  const whole = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  const header = HEADER.exec(whole)
  assert.ok(header, `no header: ${whole}`)
  const [all, priority, version, timestamp = '', ...fields] = header
  assert.ok(Number(priority) <= 191, 'PRIVAL')
  let rest = whole.slice(all.length)
  const take = (expected: string): void => {
    assert.ok(rest.startsWith(expected), `${JSON.stringify(expected)} before ${rest.slice(0, 40)}`)
    rest = rest.slice(expected.length)
  }
  const name = (): string => {
    const found = SD_NAME.exec(rest)?.[0]
    assert.ok(found, `no SD-NAME: ${rest.slice(0, 40)}`)
    take(found)
    return found
  }
  take('[')
  const id = name()
  const parameters: [string, string][] = []
  while (rest.startsWith(' ')) {
    take(' ')
    const parameter = name()
    take('="')
    let value = ''
    while (!rest.startsWith('"')) {
      assert.notEqual(rest[0], ']', 'a bracket must be escaped')
      assert.ok(rest.length > 0, 'the value has no end')
      const isEscape = /^\\["\\\]]/.test(rest)
      value += isEscape ? rest[1] : rest[0]
      rest = rest.slice(isEscape ? 2 : 1)
    }
    take('"')
    parameters.push([parameter, value])
  }
  take(']')
  take(' \uFEFF')
  return {
    priority: Number(priority),
    version: Number(version),
    timestamp,
    fields,
    id,
    parameters,
    text: rest,
  }
}

/** Splits a stream by octet counting, RFC 5425 §4.3. */
function frames(bytes: Buffer): Buffer[] {
  const found: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const length = bytes.toString('ascii', at, space)
    assert.match(length, /^[1-9]\d*$/, 'MSG-LEN')
    found.push(bytes.subarray(space + 1, space + 1 + Number(length)))
    at = space + 1 + Number(length)
    assert.ok(at <= bytes.length, 'the last frame is whole')
  }
  return found
}

const anyText = fc.string({ unit: 'grapheme', maxLength: 300 })
const nasty = fc.oneof(
  anyText,
  fc.constantFrom('', ' ', '"]\\', '\\"', 'a\nb', '\u0000', 'ä€😀', '[x y="z"]'),
)
const message: fc.Arbitrary<SyslogMessage> = fc.record({
  facility: fc.nat(23),
  severity: fc.nat(7),
  at: fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) }),
  hostname: nasty,
  appName: nasty,
  processId: nasty,
  messageId: nasty,
  element: fc.record({
    id: fc.constant('cordon@32473'),
    parameters: fc.dictionary(fc.stringMatching(/^[a-z]{1,32}$/), nasty, { maxKeys: 4 }),
  }),
  text: nasty,
})

describe('a syslog message', () => {
  it('is read by the grammar as what it was made of', () => {
    fc.assert(
      fc.property(message, (made) => {
        const read = readMessage(syslogBytes(made))
        assert.equal(read.priority, made.facility * 8 + made.severity)
        assert.equal(read.version, 1)
        assert.equal(Date.parse(read.timestamp), made.at)
        assert.equal(read.id, made.element.id)
        assert.deepEqual(Object.fromEntries(read.parameters), { ...made.element.parameters })
        assert.equal(read.text, made.text)
        const asked = [made.hostname, made.appName, made.processId, made.messageId]
        for (const [index, text] of asked.entries())
          if (/^[!-~]{1,32}$/.test(text)) assert.equal(read.fields[index], text)
          else if (text === '') assert.equal(read.fields[index], '-')
      }),
    )
  })

  it('is told from others by octet counting, whatever is in it', () => {
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 5 }), (made) => {
        const bytes = made.map(syslogBytes)
        assert.deepEqual(frames(Buffer.concat(bytes.map(framed))), bytes)
      }),
    )
  })

  it('is this one, to the byte', () => {
    const made: SyslogMessage = {
      ...{ facility: 13, severity: 5, at: Date.UTC(2026, 10, 20, 12), hostname: 'c1.example.org' },
      ...{ appName: 'cordon', processId: '17', messageId: 'block.released' },
      element: { id: 'cordon@32473', parameters: { seq: '5', why: 'a "b" ]\\' } },
      text: '{"seq":5}',
    }
    assert.equal(
      syslogBytes(made).toString(),
      String.raw`<109>1 2026-11-20T12:00:00.000Z c1.example.org cordon 17 block.released [cordon@32473 seq="5" why="a \"b\" \]\\"] ` +
        '\uFEFF{"seq":5}',
    )
  })
})
