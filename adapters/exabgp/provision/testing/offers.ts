import { parsePrefix } from '../../../../src/domain/prefix.ts'

/* A site, and what a speaker offers to its routers whatever it should. */

export const SITE = {
  own: ['203.0.113.0/25', '2001:db8:100::/40'].map(parsePrefix),
  protected: [
    { prefix: parsePrefix('203.0.113.53'), role: 'any' as const },
    { prefix: parsePrefix('203.0.113.99'), role: 'source' as const },
    { prefix: parsePrefix('2001:db8:100::/48'), role: 'destination' as const },
    { prefix: parsePrefix('198.51.100.53'), role: 'any' as const },
  ],
  urpf: false,
}

export const MARKED = '65010:911'
const LOCAL = `blackhole no-export ${MARKED}`

/** Prefix, communities, and whether a router is to take it: outside prefixes only one in the speaker's AS. */
export const OFFERS: readonly [prefix: string, communities: string, taken: boolean | 'inside the AS'][] = [
  ['203.0.113.9/32', LOCAL, true],
  ['203.0.113.10/32', `20965:666 ${MARKED}`, true],
  ['203.0.113.11/32', `${LOCAL} 65010:77`, true],
  // Only a source is protected there, and nothing stops sources here.
  ['203.0.113.99/32', LOCAL, true],
  ['198.51.100.9/32', `no-export ${MARKED}`, 'inside the AS'],
  ['2001:db8:101::9/128', LOCAL, true],
  ['2001:db8:f00::9/128', `no-export ${MARKED}`, 'inside the AS'],
  ['203.0.113.64/26', LOCAL, false],
  ['203.0.113.0/25', LOCAL, false],
  ['0.0.0.0/0', LOCAL, false],
  ['2001:db8:101::/64', LOCAL, false],
  ['203.0.113.53/32', LOCAL, false],
  ['2001:db8:100::1/128', LOCAL, false],
  ['198.51.100.53/32', `no-export ${MARKED}`, false],
  ['203.0.113.12/32', 'blackhole no-export', false],
  ['203.0.113.13/32', MARKED, false],
  ['203.0.113.14/32', `no-export ${MARKED}`, false],
  ['198.51.100.10/32', LOCAL, false],
  ['198.51.100.11/32', MARKED, false],
  ['2001:db8:f00::a/128', LOCAL, false],
]

/** Matches and their communities; which of them BIRD, validating, and FRR, which checks the marking alone, take. */
export const FLOWS = [
  { match: 'destination 203.0.113.10/32; protocol =17;', marked: true, bird: true, frr: true },
  { match: 'destination 203.0.113.11/32; protocol =17;', marked: false, bird: false, frr: false },
  { match: 'source 198.51.100.7/32; protocol =17;', marked: true, bird: false, frr: true },
  { match: 'destination 203.0.113.53/32; protocol =17;', marked: true, bird: false, frr: true },
  {
    match: 'destination 203.0.113.12/32; source 203.0.113.99/32;',
    marked: true,
    bird: false,
    frr: true,
  },
] as const
