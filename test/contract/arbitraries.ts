import fc from 'fast-check'
import type { Capabilities } from '../../adapters/adapter.ts'
import { withControlKept } from '../../src/domain/control.ts'
import { withExceptions } from '../../src/domain/exceptions.ts'
import { type PacketMatch, readMatch } from '../../src/domain/match.ts'
import {
  type Family,
  type Prefix,
  parsePrefix,
  prefixBits,
  prefixFamily,
  prefixFromBits,
} from '../../src/domain/prefix.ts'
import {
  type Action,
  blackholeRule,
  DROP,
  type EntryKind,
  filterRule,
  type IdentityKind,
  identityRule,
  isAttachmentKind,
  isIdentityKind,
  isStationName,
  isSwitch,
  isSwitchKind,
  QUARANTINE,
  type Rule,
  type Scope,
  SUSPEND,
  switchRule,
} from '../../src/domain/rule.ts'
import { arbitraryComponents } from './arbitrary-components.ts'

type What = Pick<
  Capabilities,
  | 'kinds'
  | 'components'
  | 'pairs'
  | 'exceptions'
  | 'keeps'
  | 'actions'
  | 'places'
  | 'families'
  | 'switches'
  | 'realms'
>

/** Benchmarking space (RFC 2544, RFC 5180): no lab or example uses it, so a rule never cuts a device off. */
export const SPACE: Readonly<Record<Family, Prefix>> = {
  4: parsePrefix('198.18.0.0/15'),
  6: parsePrefix('2001:2::/48'),
}

const LENGTHS: Readonly<Record<Family, { wide: readonly number[]; host: number }>> = {
  4: { wide: [16, 20, 24, 25, 28, 30, 31], host: 32 },
  6: { wide: [52, 56, 60, 64, 96, 120, 127], host: 128 },
}

/** A host or prefix; few distinct networks, so that sets of them nest, touch and repeat. */
export function arbitraryPrefix(family: Family): fc.Arbitrary<Prefix> {
  const { wide, host } = LENGTHS[family]
  const length = fc.oneof({ weight: 2, arbitrary: fc.constant(host) }, fc.constantFrom(...wide))
  const subnet = fc.constantFrom(0n, 1n, 2n, 3n)
  const inside = fc.oneof(fc.constantFrom(0n, 1n, 2n, 3n, 127n, 128n, 254n, 255n), fc.bigInt(0n, 65_535n))
  return fc.tuple(length, subnet, inside).map(([bits, net, low]) => {
    const shift = family === 4 ? 8n : 64n
    return prefixFromBits(family, prefixBits(SPACE[family]) | (net << shift) | low, bits)
  })
}

/** Rates that a 32-bit float holds exactly, since BGP carries them so (RFC 8955 §7.1). */
export function arbitraryAction({
  actions,
  places = [],
}: Pick<What, 'actions' | 'places'>): fc.Arbitrary<Action> {
  const rates = fc
    .oneof(
      fc.integer({ min: 1_000, max: 2 ** 24 }),
      fc.integer({ min: 1, max: 2 ** 20 }).map((n) => n * 1_024),
    )
    .map((bytesPerSecond): Action => ({ do: 'rate-limit', bytesPerSecond }))
  const marks = fc.integer({ min: 0, max: 63 }).map((dscp): Action => ({ do: 'mark', dscp }))
  const redirects = fc
    .constantFrom(...(places.length > 0 ? places : ['nowhere']))
    .map((to): Action => ({ do: 'redirect', to }))
  const byName: Partial<Record<Action['do'], fc.Arbitrary<Action>>> = {
    drop: fc.constant(DROP),
    'rate-limit': rates,
    mark: marks,
    redirect: redirects,
  }
  const known = actions.flatMap((name) => byName[name] ?? [])
  // What suspends accounts alone does nothing to packets.
  return known.length === 0 ? fc.constant(SUSPEND) : fc.oneof(...known)
}

/** Any valid rule that capabilities name. */
export function arbitraryRule(what: What, scopes: readonly Scope[] = ['local']): fc.Arbitrary<Rule> {
  const choices: fc.Arbitrary<Rule>[] = []
  for (const kind of what.kinds.filter(isIdentityKind)) choices.push(arbitraryIdentity(kind, what))
  for (const kind of what.kinds.filter(isAttachmentKind))
    choices.push(fc.constantFrom(...(what.switches ?? [])).map((name) => switchRule(kind, name)))
  const kinds = what.kinds.filter((kind): kind is EntryKind => !isSwitchKind(kind))
  for (const family of what.families) {
    for (const kind of kinds) {
      if (kind === 'flow' || kind === 'acl') {
        choices.push(
          fc
            .tuple(
              kind === 'acl' ? arbitraryListed(family, what) : arbitraryMatch(family, what),
              arbitraryAction(what),
            )
            .map(([match, action]) => filterRule(kind, match, action)),
        )
      } else {
        choices.push(
          fc
            .tuple(arbitraryPrefix(family), fc.constantFrom(...scopes))
            .map(([prefix, scope]) => blackholeRule(kind, forScope(prefix, scope), scope)),
        )
      }
    }
  }
  return fc.oneof(...choices)
}

/** Accounts that the device of a fixture has, where it has accounts at all: those that it lists, or else these. */
export function contractAccounts({
  realms = ['campus.example'],
  switches = [],
}: Pick<What, 'realms' | 'switches'>): string[] {
  const listed = switches.filter((name) => name.includes('@'))
  if (listed.length > 0) return listed
  return Array.from({ length: 16 }, (_, at) => `contract${at}@${realms[0]}`)
}

/** Stations of documentation (RFC 7042 §2.1.2), of which a device may know sessions. */
export const CONTRACT_STATIONS: readonly string[] = Array.from(
  { length: 16 },
  (_, at) => `00:00:5e:00:53:${(at + 16).toString(16)}`,
)

/** What of sessions the device can do to a station. */
export function stationActions({ actions }: Pick<What, 'actions'>): Action[] {
  return [DROP, QUARANTINE].filter((action) => actions.includes(action.do))
}

function arbitraryIdentity(kind: IdentityKind, what: What): fc.Arbitrary<Rule> {
  const accounts = fc.constantFrom(...contractAccounts(what)).map((name): Rule => identityRule(kind, name))
  const actions = stationActions(what)
  if (kind === 'account-locked' || actions.length === 0) return accounts
  const stations = fc
    .tuple(fc.constantFrom(...CONTRACT_STATIONS), fc.constantFrom(...actions))
    .map(([name, action]): Rule => identityRule(kind, name, action))
  return fc.oneof(accounts, stations)
}

/** Upstreams are told of hosts alone: such a prefix is to be as long as possible (RFC 7999 §3.3). */
function forScope(prefix: Prefix, scope: Scope): Prefix {
  const family = prefixFamily(prefix)
  return scope.startsWith('upstream:')
    ? prefixFromBits(family, prefixBits(prefix), LENGTHS[family].host)
    : prefix
}

/** Rules with distinct keys. */
export function arbitraryRules(
  what: What,
  scopes: readonly Scope[],
  sizes: { minLength?: number; maxLength: number },
): fc.Arbitrary<Rule[]> {
  return fc.uniqueArray(arbitraryRule(what, scopes), { ...sizes, selector: (rule) => rule.key })
}

/** A match with one or, where the device can, two prefixes and any of the named components that go together. */
export function arbitraryMatch(
  family: Family,
  what: Pick<What, 'components' | 'pairs'>,
): fc.Arbitrary<PacketMatch> {
  const prefix = arbitraryPrefix(family)
  const ends = fc.oneof(
    { weight: 2, arbitrary: fc.record({ destination: prefix }) },
    { weight: 2, arbitrary: fc.record({ source: prefix }) },
    ...(what.pairs === false ? [] : [fc.record({ destination: prefix, source: prefix })]),
  )
  return fc
    .tuple(ends, arbitraryComponents(family, what.components))
    .map(([prefixes, components]) => readMatch(family, { ...prefixes, ...components }))
}

/** A match with what access lists can leave out, as far as the device can. */
function arbitraryListed(family: Family, what: What): fc.Arbitrary<PacketMatch> {
  const match = arbitraryMatch(family, what)
  const excepting = what.exceptions === true ? match.chain(arbitraryExceptions) : match
  return what.keeps === true ? excepting.chain(arbitraryKeep) : excepting
}

/** The match as it is, or, where it names one end, without control traffic. */
export function arbitraryKeep(match: PacketMatch): fc.Arbitrary<PacketMatch> {
  if ((match.destination === undefined) === (match.source === undefined)) return fc.constant(match)
  return fc.oneof({ weight: 2, arbitrary: fc.constant(match) }, fc.constant(withControlKept(match)))
}

/** The match as it is, or, where it names one end, with some exceptions at the other: near the same space, and far. */
export function arbitraryExceptions(match: PacketMatch): fc.Arbitrary<PacketMatch> {
  const { family, destination, source } = match
  if ((destination === undefined) === (source === undefined)) return fc.constant(match)
  const far = fc.constantFrom(...FAR[family].map(parsePrefix))
  const some = fc.array(fc.oneof({ weight: 3, arbitrary: arbitraryPrefix(family) }, far), {
    minLength: 1,
    maxLength: 5,
  })
  return fc.oneof(
    fc.constant(match),
    some.map((prefixes) => withExceptions(match, prefixes)),
  )
}

/** The edges of the address space, prefixes that touch, and lengths inside of a byte. */
const FAR: Readonly<Record<Family, readonly string[]>> = {
  4: ['0.0.0.0', '255.255.255.255', '128.0.0.0/9', '192.0.2.53', '192.0.2.54/31', '192.0.2.56/29'],
  6: [
    '::',
    'ffff::/16',
    '8000::/17',
    '2001:db8::53',
    '2001:db8::54/127',
    '2001:db8::56/127',
    '2001:db8:1::/49',
  ],
}

/** The same keys with other actions, where the device has more than one. */
export function arbitraryActionsFor(rules: readonly Rule[], what: What): fc.Arbitrary<Action[]> {
  const one = arbitraryAction(what)
  const ofStations = stationActions(what)
  return fc.tuple(
    ...rules.map((rule) => {
      if ('match' in rule) return one
      if (!isSwitch(rule) || !isStationName(rule.name)) return fc.constant(rule.action)
      return fc.constantFrom(...ofStations)
    }),
  )
}
