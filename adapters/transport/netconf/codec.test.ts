import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../../test/helpers/property.ts'
import { fingerprintOf, readHostKeyPin } from '../host-key.ts'
import { ChunkDeframer, EndDeframer, FramingError, frameInChunks, frameWithEnd } from './framing.ts'
import { offers, readHello } from './hello.ts'
import { errorWords, rpcErrors } from './rpc-error.ts'
import { at, element, findAll, readXml, textAt, XmlReader } from './xml.ts'

const XML = /^[\t\n\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]*$/u

/** Texts with what framing and XML could stumble over; the end of a message is no part of XML (RFC 6242 §3). */
const text = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom(']]>', ']]>]]', '\n#4\n', '\n##\n', 'ü', '😀', '\n'),
    ),
  )
  .map((parts) => parts.join(''))
  .filter((one) => !one.includes(']]>]]>') && !one.includes('\r') && XML.test(one))

/** The bytes in pieces of any size. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = []
  let from = 0
  for (const size of [...sizes, bytes.length]) {
    pieces.push(bytes.subarray(from, from + size))
    from += size
  }
  return pieces.filter((piece) => piece.length > 0)
}

/** Messages again from what the deframer gave. */
function collected(
  make: (events: ConstructorParameters<typeof EndDeframer>[0]) => { take(bytes: Buffer): void },
): {
  take(bytes: Buffer): void
  messages: string[]
} {
  const messages: string[] = []
  let pieces: Buffer[] = []
  const deframer = make({
    piece: (bytes) => void pieces.push(Buffer.from(bytes)),
    end: () => {
      messages.push(Buffer.concat(pieces).toString('utf8'))
      pieces = []
    },
  })
  return { take: (bytes) => deframer.take(bytes), messages }
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 200 })
const messages = fc.array(
  text.map((one) => `<a>${one}</a>`),
  { minLength: 1, maxLength: 4 },
)

describe('framing (RFC 6242)', () => {
  it('gives messages back however the bytes were cut', async () => {
    for (const [frame, deframe] of [
      [frameWithEnd, collected.bind(undefined, (events) => new EndDeframer(events))],
      [frameInChunks, collected.bind(undefined, (events) => new ChunkDeframer(events))],
    ] as const)
      await holds(
        fc.asyncProperty(messages, sizes, async (sent, pieces) => {
          const got = deframe()
          for (const piece of cut(Buffer.concat(sent.map(frame)), pieces)) got.take(piece)
          assert.deepEqual(got.messages, sent)
        }),
        200,
      )
  })

  it('takes any chunks, also such that part a character', async () => {
    await holds(
      fc.asyncProperty(messages, sizes, sizes, async (sent, chunks, pieces) => {
        const framed = sent.map((message) =>
          Buffer.concat([
            ...cut(Buffer.from(message), chunks).map((chunk) =>
              Buffer.concat([Buffer.from(`\n#${chunk.length}\n`), chunk]),
            ),
            Buffer.from('\n##\n'),
          ]),
        )
        const got = collected((events) => new ChunkDeframer(events))
        for (const piece of cut(Buffer.concat(framed), pieces)) got.take(piece)
        assert.deepEqual(got.messages, sent)
      }),
      200,
    )
  })

  for (const bad of [
    'x',
    '\n#0\n',
    '\n#-1\n',
    '\n#01\n',
    '\n# 4\n',
    '\n#4294967296\n',
    '\n##\n',
    '\n#99999999999',
    '\r\n#4\n',
  ])
    it(`refuses ${JSON.stringify(bad)} in place of a chunk`, () => {
      const got = collected((events) => new ChunkDeframer(events))
      assert.throws(() => got.take(Buffer.from(bad)), FramingError)
    })
})

describe('XML', () => {
  it('reads what it wrote, however it was cut', async () => {
    await holds(
      fc.asyncProperty(text, text, sizes, async (inside, attribute, pieces) => {
        const { xml } = element('r', { a: attribute.replace(/\s/g, '_') }, element('b', {}, inside), 'tail')
        const reader = new XmlReader()
        for (const piece of cut(Buffer.from(xml), pieces)) reader.take(piece)
        const root = reader.end()
        assert.equal(at(root, 'b')?.text, inside)
        assert.equal(root.attributes.get('a'), attribute.replace(/\s/g, '_'))
        assert.equal(root.text, 'tail')
      }),
      200,
    )
  })

  for (const [what, xml] of [
    ['an end that is missing', '<a><b></b>'],
    ['elements that cross', '<a><b></a></b>'],
    ['a prefix that stands for nothing', '<x:a/>'],
    ['an entity of its own', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
    ['nothing at all', '   '],
    ['two elements', '<a/><b/>'],
    ['elements nested without end', `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`],
  ] as const)
    it(`refuses ${what}`, () => assert.throws(() => readXml(xml)))

  it('refuses bytes that are not UTF-8', () => {
    const reader = new XmlReader()
    assert.throws(() => reader.take(Buffer.from([0x3c, 0x61, 0x3e, 0xff, 0xfe])))
  })

  it('never sends what XML cannot hold', () => {
    for (const bad of ['\u0000', '\u001b', '\ufffe', '\ud800'])
      assert.throws(() => element('a', {}, bad), /holds what XML cannot/)
  })

  it('knows names whatever their prefix', () => {
    const root = readXml(`<nc:r xmlns:nc='urn:x' xmlns="urn:y"><nc:b>1</nc:b><b> 2 </b></nc:r>`)
    assert.deepEqual(
      findAll(root, 'b').map(({ uri, text: inside }) => [uri, inside]),
      [
        ['urn:x', '1'],
        ['urn:y', ' 2 '],
      ],
    )
    assert.equal(textAt(root, 'b'), '1')
  })
})

const NS = 'xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"'
const ERROR =
  '<rpc-error><error-type>protocol</error-type><error-tag>in-use</error-tag><error-severity>error</error-severity></rpc-error>'

describe('errors in replies', () => {
  for (const [where, reply] of [
    ['directly', `<rpc-reply ${NS}>${ERROR}</rpc-reply>`],
    [
      'inside the results of a commit',
      `<rpc-reply ${NS}><commit-results><routing-engine><name>re0</name>${ERROR}</routing-engine></commit-results><ok/></rpc-reply>`,
    ],
    [
      'inside the results of a load, in a namespace of its own',
      `<rpc-reply ${NS}><load-configuration-results xmlns="urn:z">${ERROR}<load-error-count>1</load-error-count></load-configuration-results></rpc-reply>`,
    ],
  ] as const)
    it(`are found ${where}`, () => {
      assert.deepEqual(rpcErrors(readXml(reply)), [{ type: 'protocol', tag: 'in-use', severity: 'error' }])
    })

  it('are not looked for in data', () => {
    assert.deepEqual(rpcErrors(readXml(`<rpc-reply ${NS}><data><x>${ERROR}</x></data></rpc-reply>`)), [])
  })

  it('that are warnings are told from errors, and an unknown severity from neither is an error', () => {
    const severities = ['warning', 'error', 'fatal'].map((severity) =>
      ERROR.replace('>error<', `>${severity}<`),
    )
    const found = rpcErrors(readXml(`<rpc-reply ${NS}>${severities.join('')}<ok/></rpc-reply>`))
    assert.deepEqual(
      found.map(({ severity }) => severity),
      ['warning', 'error', 'error'],
    )
  })

  it('say who holds a lock', () => {
    const info = (id: string): string =>
      ERROR.replace(
        '</rpc-error>',
        `<error-message>\n denied \n</error-message><error-info><session-id>${id}</session-id></error-info></rpc-error>`,
      )
    const [other, outside] = rpcErrors(readXml(`<rpc-reply ${NS}>${info('7')}${info('0')}</rpc-reply>`))
    assert.ok(other && outside)
    assert.equal(errorWords(other), 'in-use: denied, held by session 7')
    assert.equal(errorWords(outside), 'in-use: denied, held by somebody outside of NETCONF')
  })
})

describe('hello', () => {
  const hello = (...capabilities: string[]): string =>
    `<hello ${NS}><capabilities>${capabilities.map((one) => `<capability>\n${one}\n</capability>`).join('')}</capabilities><session-id>4</session-id></hello>`

  it('names the newest base that both have, and capabilities without their parameters', () => {
    const old = readHello(readXml(hello('urn:ietf:params:netconf:base:1.0')))
    assert.equal(old.base, '1.0')
    const both = readHello(
      readXml(
        hello(
          'urn:ietf:params:netconf:base:1.0',
          'urn:ietf:params:netconf:base:1.1',
          'urn:ietf:params:netconf:capability:url:1.0?scheme=http',
        ),
      ),
    )
    assert.equal(both.base, '1.1')
    assert.ok(offers(both, 'url'))
    assert.ok(!offers(both, 'candidate'))
  })

  it('of somebody else is refused', () => {
    assert.throws(() => readHello(readXml(hello('urn:something'))), /neither base/)
    assert.throws(() => readHello(readXml('<goodbye/>')), /where a hello was due/)
    assert.throws(
      () => readHello(readXml(hello('urn:ietf:params:netconf:base:1.0').replace('>4<', '>none<'))),
      /session-id/,
    )
  })
})

describe('pins of host keys', () => {
  const key = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFmjQ2WJzQc0wYlYxJkG6o3mV4bZ1J0oZ0WJxXb1x1aZ'

  it('are read from a fingerprint, a public key and a line of known_hosts alike', () => {
    const fingerprint = fingerprintOf(Buffer.from(key.split(' ')[1] ?? '', 'base64'))
    assert.deepEqual(readHostKeyPin(fingerprint), { fingerprint })
    for (const line of [
      key,
      `${key} somebody@somewhere`,
      `r1.example.org,203.0.113.1 ${key}`,
      `[r1]:830 ${key}`,
      `|1|abc=|def= ${key}`,
    ])
      assert.deepEqual(readHostKeyPin(line), { fingerprint, algorithm: 'ssh-ed25519' }, line)
  })

  for (const bad of [
    '',
    'MD5:00:11',
    'SHA256:short',
    'ssh-ed25519',
    key.replace('ed25519', 'rsa'),
    `@revoked r1 ${key}`,
    `@cert-authority * ${key}`,
  ])
    it(`are not made of ${JSON.stringify(bad.slice(0, 30))}`, () =>
      assert.equal(readHostKeyPin(bad), undefined))
})
