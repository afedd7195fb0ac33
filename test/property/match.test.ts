import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { InputError } from '../../src/domain/input-error.ts'
import { componentNames, matchText, parseMatchText, readMatch } from '../../src/domain/match.ts'
import type { Family } from '../../src/domain/prefix.ts'
import { arbitraryExceptions, arbitraryMatch, arbitraryPrefix } from '../contract/arbitraries.ts'
import { arbitraryComponents } from '../contract/arbitrary-components.ts'
import { ALL } from '../helpers/everything.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 300
const families = fc.constantFrom<Family>(4, 6)
const anyMatch = families.chain((family) => arbitraryMatch(family, ALL)).chain(arbitraryExceptions)

describe('match', () => {
  it('text comes back as it was written', () =>
    holds(
      fc.property(anyMatch, (match) => {
        const text = matchText(match)
        assert.deepEqual(parseMatchText(match.family, text), match)
        assert.equal(matchText(parseMatchText(match.family, text)), text)
      }),
      RUNS,
    ))

  it('text does not depend on the order or the spelling of names', () =>
    holds(
      fc.property(
        families.chain((family) =>
          fc.tuple(fc.constant(family), arbitraryComponents(family, ALL.components), arbitraryPrefix(family)),
        ),
        ([family, components, destination]) => {
          const plain = readMatch(family, { destination, ...components })
          const turned = new Map(Object.entries(components).map(([name, value]) => [hyphens(name), value]))
          const fields: Record<string, string> = Object.fromEntries([...turned].reverse())
          const other = readMatch(family, { ...fields, destination })
          assert.equal(matchText(other), matchText(plain))
          assert.deepEqual(other, plain)
        },
      ),
      RUNS,
    ))

  it('names only what it has, in the order of RFC 8955', () =>
    holds(
      fc.property(anyMatch, (match) => {
        const names = componentNames(match.components)
        assert.deepEqual([...names].sort(), Object.keys(match.components).sort())
        assert.deepEqual(
          names,
          ALL.components.filter((name) => names.includes(name)),
        )
      }),
      RUNS,
    ))

  it('adds the protocol that a component needs', () => {
    const protocol = (family: Family, input: Record<string, string>): string =>
      matchText(readMatch(family, input)).split(' ')[0] ?? ''
    assert.equal(protocol(4, { port: '53' }), 'protocol=6,17')
    assert.equal(protocol(4, { 'source-port': '53', protocol: 'udp' }), 'protocol=17')
    assert.equal(protocol(6, { tcpFlags: 'syn', destinationPort: '80' }), 'protocol=6')
    assert.equal(protocol(4, { icmpType: '8' }), 'protocol=1')
    assert.equal(protocol(6, { icmpCode: '0' }), 'protocol=58')
    assert.equal(protocol(6, { dscp: '46' }), 'dscp=46')
  })
})

function hyphens(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}

describe('what no packet can have is refused', () => {
  const refused: readonly [family: Family, input: Record<string, unknown>, code: string, path: string][] = [
    [4, { destination: '2001:db8::1' }, 'match-family', 'destination'],
    [6, { source: '10.0.0.1' }, 'match-family', 'source'],
    [4, { source: '10.0.0.1/8' }, 'prefix-host-bits', 'source'],
    [4, { source: 'everyone' }, 'prefix-malformed', 'source'],
    [4, { source: 167_772_161 }, 'prefix-malformed', 'source'],
    [4, { destination: null }, 'prefix-malformed', 'destination'],
    [4, { vlan: '7' }, 'match-unknown', 'vlan'],
    [4, { source: '10.0.0.1', except: '10.0.0.2' }, 'match-unknown', 'except'],
    [4, { toString: '7' }, 'match-unknown', 'toString'],
    [4, { Protocol: '7' }, 'match-unknown', 'Protocol'],
    [4, { protocol: '256' }, 'match-value', 'protocol'],
    [4, { protocol: 'quic' }, 'match-value', 'protocol'],
    [4, { 'destination-port': '65536' }, 'match-value', 'destination-port'],
    [4, { destinationPort: '90-80' }, 'match-value', 'destinationPort'],
    [4, { destinationPort: [] }, 'match-value', 'destinationPort'],
    [4, { port: 'http' }, 'match-value', 'port'],
    [4, { icmpType: '256' }, 'match-value', 'icmpType'],
    [4, { dscp: '64' }, 'match-value', 'dscp'],
    [4, { packetLength: '65536' }, 'match-value', 'packetLength'],
    [4, { packetLength: '<20' }, 'match-value', 'packetLength'],
    [6, { packetLength: '0-39' }, 'match-value', 'packetLength'],
    [6, { flowLabel: '1048576' }, 'match-value', 'flowLabel'],
    [4, { flowLabel: '7' }, 'match-family', 'flowLabel'],
    [6, { fragment: 'dont-fragment' }, 'match-family', 'fragment'],
    [6, { fragment: '!dont-fragment' }, 'match-family', 'fragment'],
    [4, { fragment: 'middle' }, 'match-value', 'fragment'],
    [4, { tcpFlags: 'syn&!syn' }, 'match-value', 'tcpFlags'],
    [4, { tcpFlags: 2 }, 'match-value', 'tcpFlags'],
    [4, { port: '53', protocol: 'icmp' }, 'match-protocol', 'protocol'],
    [4, { port: '53', protocol: 'udp,gre' }, 'match-protocol', 'protocol'],
    [4, { tcpFlags: 'syn', protocol: 'udp' }, 'match-protocol', 'protocol'],
    [4, { icmpType: '8', protocol: 'icmpv6' }, 'match-protocol', 'protocol'],
    [6, { icmpType: '128', protocol: 'icmp' }, 'match-protocol', 'protocol'],
    [4, { icmpType: '8', port: '53' }, 'match-protocol', 'icmpType'],
    [4, { icmpCode: '0', tcpFlags: 'syn' }, 'match-protocol', 'icmpType'],
    [4, { destinationPort: '53', 'destination-port': '80' }, 'match-unknown', 'destination-port'],
  ]
  for (const [family, input, code, path] of refused) {
    it(`IPv${family} ${JSON.stringify(input)}: ${code} at ${path}`, () => {
      assert.throws(
        () => readMatch(family, input),
        (error) => {
          assert.ok(error instanceof InputError, String(error))
          assert.deepEqual([error.code, error.path], [code, path])
          return true
        },
      )
    })
  }

  for (const text of [
    'protocol',
    '=6',
    'protocol=6 protocol=6',
    'port=1 Port=2',
    '__proto__=5',
    'constructor=1',
  ]) {
    it(`the text '${text}' is refused`, () => {
      assert.throws(
        () => parseMatchText(4, text),
        (error) => error instanceof InputError && error.code === 'match-unknown',
      )
    })
  }

  const exceptions: readonly [text: string, code: string, path: string][] = [
    ['except=10.0.0.1', 'match-except', 'except'],
    ['source=10.0.0.1 destination=10.0.0.2 except=10.0.0.3', 'match-except', 'except'],
    ['source=10.0.0.1 except=0.0.0.0/1,128.0.0.0/1', 'match-except', 'except'],
    ['source=10.0.0.1 except=2001:db8::1', 'match-family', 'except'],
    ['source=10.0.0.1 except=', 'prefix-malformed', 'except'],
    ['source=10.0.0.1 except=10.0.0.2,', 'prefix-malformed', 'except'],
  ]
  for (const [text, code, path] of exceptions) {
    it(`the exceptions of '${text}': ${code}`, () => {
      assert.throws(
        () => parseMatchText(4, text),
        (error) => {
          assert.ok(error instanceof InputError, String(error))
          assert.deepEqual([error.code, error.path], [code, path])
          return true
        },
      )
    })
  }

  it('an own field named __proto__, as JSON can have, is refused', () => {
    assert.throws(() => readMatch(4, JSON.parse('{"__proto__": "5"}') as Record<string, unknown>), InputError)
  })
})
