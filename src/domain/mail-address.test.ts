import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readAddrSpec, readMailAddress } from './mail-address.ts'

describe('a mail address', () => {
  const good: readonly [text: string, read: string][] = [
    ['csirt@Example.ORG', 'csirt@example.org'],
    ["o'Brien+tag@a-b.example", "o'Brien+tag@a-b.example"],
    ['root@localhost', 'root@localhost'],
    [`${'a'.repeat(64)}@example.org`, `${'a'.repeat(64)}@example.org`],
    ['x@xn--bcher-kva.example', 'x@xn--bcher-kva.example'],
  ]
  for (const [text, read] of good) it(`${text} is one`, () => assert.equal(readAddrSpec(text), read))

  const bad: readonly [what: string, text: string][] = [
    ['nothing', ''],
    ['no @', 'example.org'],
    ['two @', 'a@b@example.org'],
    ['a route by percent', 'a%b@example.org'],
    ['a route by bang', 'host!a@example.org'],
    ['a source route', '@relay.example:a@example.org'],
    ['a comment', 'a(comment)@example.org'],
    ['a quoted local part', '"a b"@example.org'],
    ['a group', 'friends:a@example.org;'],
    ['a list', 'a@example.org,b@example.org'],
    ['a header behind it', 'a@example.org\r\nBcc: b@example.org'],
    ['a NUL', 'a\0@example.org'],
    ['two dots', 'a..b@example.org'],
    ['a dot at the end', 'a.@example.org'],
    ['an address literal', 'a@[192.0.2.1]'],
    ['an address', 'a@192.0.2.1'],
    ['half an address', 'a@0.0'],
    ['an empty label', 'a@example..org'],
    ['a hyphen at an end of a label', 'a@-example.org'],
    ['a long local part', `${'a'.repeat(65)}@example.org`],
    ['a long label', `a@${'b'.repeat(64)}.example`],
    ['a long whole', `a@${'b.'.repeat(130)}example`],
    ['letters that are no ASCII', 'jürgen@example.org'],
    ['a domain that is no ASCII', 'a@bücher.example'],
  ]
  for (const [what, text] of bad)
    it(`${what} makes none`, () =>
      assert.throws(() => readAddrSpec(text), { name: 'InputError', code: 'mail-address' }))

  it('may have a name before it', () => {
    assert.deepEqual(readMailAddress(' CSIRT, Exämple <csirt@Example.org> '), {
      name: 'CSIRT, Exämple',
      mail: 'csirt@example.org',
    })
    assert.deepEqual(readMailAddress('<csirt@example.org>'), { mail: 'csirt@example.org' })
    for (const text of [
      'A <a@b.example> <c@d.example>',
      'A <a@b.example',
      '"A" <a@b.example>',
      'A\nB <a@b.example>',
    ])
      assert.throws(() => readMailAddress(text), { code: 'mail-address' }, text)
  })
})
