import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attribute, named } from './attributes.ts'
import { packetBytes, parsePacket } from './packet.ts'

const octets = (text: string): Buffer => Buffer.from(text, 'hex')

describe('attributes', () => {
  it('are written and read by name', () => {
    for (const [name, value] of [
      ['User-Name', 'alice@campus.example'],
      ['NAS-IP-Address', '192.0.2.7'],
      ['NAS-IPv6-Address', '2001:db8::7'],
      ['NAS-IPv6-Address', '::1'],
      ['Error-Cause', 503],
    ] as const)
      assert.deepEqual(named(attribute(name, value)), { name, value })
  })

  it('of tunnels have a tag, or none (RFC 2868 §3)', () => {
    for (const [type, value, expected] of [
      [81, '363636', { name: 'Tunnel-Private-Group-Id', value: '666', tag: 0 }],
      [81, '01363636', { name: 'Tunnel-Private-Group-Id', value: '666', tag: 1 }],
      [64, '0000000d', { name: 'Tunnel-Type', value: 13, tag: 0 }],
      [65, '01000006', { name: 'Tunnel-Medium-Type', value: 6, tag: 1 }],
    ] as const)
      assert.deepEqual(named({ type, value: octets(value) }), expected)
  })

  it('of a wrong length are told as such, unknown ones by their number', () => {
    assert.deepEqual(named({ type: 8, value: octets('0a0000') }), {
      ...{ name: 'Framed-IP-Address', value: '0a0000', malformed: true },
    })
    assert.deepEqual(named({ type: 222, value: octets('0a') }), { name: 'Attribute-222', value: '0a' })
  })
})

describe('a datagram', () => {
  const bytes = packetBytes({
    ...{ code: 40, id: 1, authenticator: Buffer.alloc(16) },
    attributes: [attribute('User-Name', 'bob')],
  })

  it('may have padding behind it, which is none of it', () => {
    assert.deepEqual(parsePacket(Buffer.concat([bytes, Buffer.from('padding')])).bytes, bytes)
  })

  it('is none when its lengths do not agree', () => {
    const changed = (at: number, value: number): Buffer => {
      const copy = Buffer.from(bytes)
      copy.writeUInt8(value, at)
      return copy
    }
    assert.throws(() => parsePacket(bytes.subarray(0, 19)), /19 octets are no packet/)
    assert.throws(() => parsePacket(changed(3, bytes.length + 1)), /says that it has 26/)
    assert.throws(() => parsePacket(changed(3, 19)), /says that it has 19/)
    assert.throws(() => parsePacket(changed(21, 1)), /octet 20 has a length of 1/)
    assert.throws(() => parsePacket(changed(21, 6)), /octet 20 has a length of 6/)
    assert.throws(() => parsePacket(Buffer.alloc(5000, 0xff)), /says that it has 65535/)
  })
})
