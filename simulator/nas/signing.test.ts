import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { attribute } from './attributes.ts'
import { CODES, parsePacket } from './packet.ts'
import {
  flawOfAnswer,
  flawOfRequest,
  messageAuthenticator,
  signAnswer,
  signRequest,
  unsigned,
} from './signing.ts'

const SECRET = 'xyzzy5461'
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex')

describe('the RFCs’ own packets', () => {
  it('an answer of RFC 2865 §7.1 is right, and made again octet by octet', () => {
    const asked = hex('0f403f94 73978057 bd83d5cb 98f4227a')
    const bytes = hex(`02000026 86fe220e 7624ba2a 1005f6bf 9b55e0b2
      06060000 00010f06 00000000 0e06c0a8 0103`)
    assert.equal(flawOfAnswer(bytes, asked, SECRET), undefined)
    assert.deepEqual(signAnswer(parsePacket(bytes).packet, asked, SECRET), bytes)
    assert.equal(flawOfAnswer(bytes, asked, 'another'), 'authenticator')
  })

  for (const [what, request, answer] of [
    [
      'of RFC 5997 §6.1',
      '0cda0026 8a54f468 6fb394c5 2866e302 185d0623 5012 5a665e2e 1e8411f3 e2438220 97c84fa3',
      '02da0014 ef0d552a 4bf2d693 ec2b6fe8 b5411d66',
    ],
    [
      'of RFC 5997 §6.2',
      '0cb30026 925f6b66 dd5fed57 1fcb1db7 ad388260 5012 e8d6eabd a910875c d91fdade 26367858',
      '05b30014 0f6f9214 5f107e2f 504e860a 4860669c',
    ],
  ] as const)
    it(`a Message-Authenticator and an answer ${what}`, () => {
      const bytes = hex(request)
      const asked = bytes.subarray(4, 20)
      assert.deepEqual(messageAuthenticator(bytes, asked, SECRET), bytes.subarray(22))
      assert.equal(flawOfAnswer(hex(answer), asked, SECRET), undefined)
    })
})

describe('a signed request', () => {
  const attributes = [attribute('User-Name', 'alice@campus.example'), unsigned()]
  const bytes = signRequest({ code: CODES.disconnectRequest, id: 7, attributes }, SECRET)

  it('is right, and wrong with any bit turned over', () => {
    assert.equal(flawOfRequest(bytes, SECRET), undefined)
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const other = Buffer.from(bytes)
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      assert.ok(!isRight(other), `bit ${bit}`)
    }
  })

  it('is wrong with a Message-Authenticator that somebody with the secret computed otherwise', () => {
    const wrong = signRequest(
      { code: CODES.disconnectRequest, id: 7, attributes: attributes.slice(0, 1) },
      SECRET,
    )
    assert.equal(flawOfRequest(wrong, SECRET), undefined)
    const unfilled = Buffer.concat([wrong.subarray(20), Buffer.from([80, 17]), Buffer.alloc(15)])
    const packet = Buffer.concat([wrong.subarray(0, 4), Buffer.alloc(16), unfilled])
    packet.writeUInt16BE(packet.length, 2)
    // What MD5 alone makes of it.
    const signed = signRequest({ ...parsePacket(packet).packet }, SECRET)
    assert.equal(flawOfRequest(signed, SECRET), 'message-authenticator')
  })
})

function isRight(datagram: Buffer): boolean {
  try {
    return flawOfRequest(parsePacket(datagram).bytes, SECRET) === undefined
  } catch {
    return false
  }
}
