import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { attribute, numberOf, textOf, vendorAttribute } from './attributes.ts'
import { CODE, decodePacket, encodePacket, MalformedPacket, type Packet } from './packet.ts'
import { openAnswer, openRequest, signAnswer, signRequest } from './signing.ts'

const SECRET = Buffer.from('testing123')

const octets = (minLength: number, maxLength: number) =>
  fc.uint8Array({ minLength, maxLength }).map((value) => Buffer.from(value))

const attributes = fc.array(
  fc.record({ type: fc.integer({ min: 1, max: 255 }).filter((type) => type !== 80), value: octets(0, 253) }),
  { maxLength: 8 },
)

const unsigned = fc.record({
  code: fc.constantFrom(CODE.accountingRequest, CODE.disconnectRequest, CODE.coaRequest),
  identifier: fc.integer({ min: 0, max: 255 }),
  attributes,
})

function plain({ code, identifier, attributes: all }: Omit<Packet, 'authenticator'>): unknown {
  const others = all.filter(({ type }) => type !== 80)
  return { code, identifier, attributes: others.map(({ type, value }) => [type, value.toString('hex')]) }
}

describe('a packet', () => {
  it('is read as it was written, also with padding behind it', () => {
    const packets = fc.record({
      ...{ code: fc.integer({ min: 0, max: 255 }) },
      authenticator: octets(16, 16),
    })
    fc.assert(
      fc.property(packets, unsigned, octets(0, 9), (head, rest, padding) => {
        const bytes = encodePacket({ ...rest, ...head })
        const read = decodePacket(Buffer.concat([bytes, padding]))
        assert.deepEqual(plain(read), plain({ ...rest, ...head }))
        assert.deepEqual(read.authenticator, head.authenticator)
      }),
    )
  })

  it('of any octets is read or refused, and nothing else', () => {
    fc.assert(
      fc.property(octets(0, 64), (bytes) => {
        try {
          decodePacket(bytes)
        } catch (error) {
          assert.ok(error instanceof MalformedPacket)
        }
      }),
    )
  })

  it('that says more or less than it has, or has an attribute of no length, is refused', () => {
    const good = encodePacket({ code: 4, identifier: 1, authenticator: Buffer.alloc(16), attributes: [] })
    const withLength = (length: number, tail: readonly number[] = []): Buffer => {
      const bytes = Buffer.concat([good, Buffer.from(tail)])
      bytes.writeUInt16BE(length, 2)
      return bytes
    }
    for (const bytes of [
      ...[good.subarray(0, 19), withLength(19), withLength(21), withLength(4097, Array(4077).fill(0))],
      ...[
        withLength(22, [1, 0]),
        withLength(22, [1, 1]),
        withLength(22, [1, 3]),
        withLength(21, [1]),
        withLength(22, [0, 2]),
      ],
    ])
      assert.throws(() => decodePacket(bytes), MalformedPacket, bytes.toString('hex'))
  })

  it('is never longer than 4096 octets, nor a value than 253', () => {
    const many = Array.from({ length: 17 }, () => ({ type: 1, value: Buffer.alloc(253) }))
    assert.throws(() => signRequest({ code: 40, identifier: 0, attributes: many }, SECRET), RangeError)
    const long = [{ type: 1, value: Buffer.alloc(254) }]
    assert.throws(() => signRequest({ code: 40, identifier: 0, attributes: long }, SECRET), RangeError)
  })
})

describe('a signature', () => {
  it('opens for who has the secret, and for nobody if a bit of it all was turned', () => {
    fc.assert(
      fc.property(unsigned, fc.nat(), (packet, at) => {
        const bytes = signRequest(packet, SECRET)
        assert.deepEqual(plain(openRequest(bytes, SECRET) ?? packet), plain(packet))
        assert.ok(openRequest(bytes, SECRET) !== undefined)
        assert.equal(openRequest(bytes, Buffer.from('testing124')), undefined)
        assert.equal(
          opensAs(bytes, at, (turned) => openRequest(turned, SECRET)),
          undefined,
        )
      }),
    )
  })

  it('of an answer belongs to its request', () => {
    fc.assert(
      fc.property(unsigned, octets(16, 16), fc.nat(), (packet, requested, at) => {
        const bytes = signAnswer(packet, requested, SECRET)
        assert.ok(openAnswer(bytes, requested, SECRET) !== undefined)
        const other = Buffer.from(requested)
        other[at % 16] = (other[at % 16] ?? 0) ^ 1
        assert.equal(openAnswer(bytes, other, SECRET), undefined)
        assert.equal(
          opensAs(bytes, at, (turned) => openAnswer(turned, requested, SECRET)),
          undefined,
        )
      }),
    )
  })
})

/** With one bit of it turned; what is no packet any more is refused, too. */
function opensAs(
  bytes: Buffer,
  at: number,
  open: (turned: Buffer) => Packet | undefined,
): Packet | undefined {
  const turned = Buffer.from(bytes)
  const bit = at % (bytes.length * 8)
  turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7))
  try {
    return open(turned)
  } catch (error) {
    assert.ok(error instanceof MalformedPacket)
    return undefined
  }
}

describe('an attribute', () => {
  it('is written as its kind is', () => {
    const hex = (given: { readonly value: Buffer }): string => given.value.toString('hex')
    assert.equal(hex(attribute('NAS-IP-Address', '192.0.2.7')), 'c0000207')
    assert.equal(hex(attribute('NAS-IPv6-Address', '2001:db8::7')), `20010db8${'0'.repeat(22)}07`)
    assert.equal(hex(attribute('NAS-IPv6-Address', '::ffff:192.0.2.7')), `${'0'.repeat(20)}ffffc0000207`)
    assert.equal(hex(attribute('Tunnel-Type', 13)), '0000000d')
    assert.equal(hex(attribute('Tunnel-Private-Group-ID', '666')), '363636')
    assert.equal(hex(attribute('User-Name', 'é')), 'e9')
    assert.equal(hex(attribute('Filter-Id', 'é')), 'c3a9')
    // Cisco's: vendor 9, type 1.
    assert.equal(hex(vendorAttribute(9, 1, 'ab')), '0000000901046162')
  })

  it('is read as it was written', () => {
    const written = [attribute('NAS-IPv6-Address', '2001:db8::7'), attribute('NAS-Port', 4_000_000_000)]
    assert.equal(textOf(written, 'NAS-IPv6-Address'), '2001:db8::7')
    assert.equal(numberOf(written, 'NAS-Port'), 4_000_000_000)
    assert.equal(textOf(written, 'User-Name'), undefined)
    const tagged = [{ type: 81, value: Buffer.from('\x01666') }]
    assert.equal(textOf(tagged, 'Tunnel-Private-Group-ID'), '666')
    assert.equal(numberOf([{ type: 5, value: Buffer.from([1, 2, 3]) }], 'NAS-Port'), undefined, 'too short')
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const again = textOf([attribute('NAS-IPv6-Address', address)], 'NAS-IPv6-Address') ?? ''
        assert.deepEqual(attribute('NAS-IPv6-Address', again), attribute('NAS-IPv6-Address', address))
      }),
    )
  })

  it('is refused with words where its value is none', () => {
    assert.throws(() => attribute('NAS-IP-Address', '192.0.2'), /NAS-IP-Address: .*no IPv4 address/)
    assert.throws(() => attribute('Tunnel-Type', 0x1_00_00_00), /Tunnel-Type: .*from 0 to 16777215/)
    assert.throws(() => attribute('Session-Timeout', 'soon'), /no number/)
    assert.throws(() => attribute('User-Name', ''), /no text/)
    assert.throws(() => attribute('Filter-Id', 'x'.repeat(254)), /no text/)
  })
})
