import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { placeAfterLogin } from './place.ts'

describe('placeAfterLogin', () => {
  it('takes paths of this server', () => {
    for (const to of ['/', '/blocks/1042', '/blocks?target=192.0.2.0%2F24#hits', '/a//b', '/%2F%2Fevil.test'])
      assert.equal(placeAfterLogin(to), to)
    assert.equal(placeAfterLogin(undefined), '/')
  })
  it('takes nothing that leads elsewhere, however browsers read it', () => {
    for (const to of [
      ...['//evil.test', '///evil.test', '/\\evil.test', '\\\\evil.test', 'https://evil.test', 'evil.test'],
      ...[
        'javascript:alert(1)',
        '/\t/evil.test',
        '/\n/evil.test',
        ' //evil.test',
        '/.//evil.test',
        '/a/..//evil.test',
      ],
      ...['', '?x', '#x', '/é', '/a b', '/a\r\nset-cookie: x=1'],
    ])
      assert.throws(() => placeAfterLogin(to), { code: 'invalid' }, to)
  })
  it('never leads away, whatever it is given', () => {
    const piece = fc.constantFrom('/', '\\', '.', '..', '%2F', '\t', '@', ':', 'evil.test', '?', '#', 'a')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        let place: string
        try {
          place = placeAfterLogin(pieces.join(''))
        } catch {
          return
        }
        assert.equal(new URL(place, 'https://cordon.test/login/callback').origin, 'https://cordon.test')
      }),
      { numRuns: 2_000 },
    )
  })
})
