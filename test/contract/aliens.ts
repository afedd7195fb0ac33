import type { Capabilities } from '../../adapters/adapter.ts'
import { withControlKept } from '../../src/domain/control.ts'
import { withExceptions } from '../../src/domain/exceptions.ts'
import { type Components, readMatch } from '../../src/domain/match.ts'
import { type Family, parsePrefix } from '../../src/domain/prefix.ts'
import {
  type Action,
  blackholeRule,
  DROP,
  filterRule,
  identityRule,
  isAttachmentKind,
  isIdentityKind,
  isSwitchKind,
  type Rule,
  type RuleKind,
  SWITCH_KINDS,
  switchRule,
} from '../../src/domain/rule.ts'

const KINDS: readonly RuleKind[] = ['flow', 'acl', 'd-rtbh', 's-rtbh', ...SWITCH_KINDS]
const RATE: Action = { do: 'rate-limit', bytesPerSecond: 125_000 }

/** One example of each component, and what it needs beside itself. */
const EXAMPLES: readonly {
  needs: readonly (keyof Components)[]
  family: Family
  input: Record<string, string>
}[] = [
  { needs: ['protocol'], family: 4, input: { protocol: 'gre' } },
  { needs: ['port'], family: 4, input: { port: '53' } },
  { needs: ['destinationPort'], family: 4, input: { destinationPort: '53' } },
  { needs: ['sourcePort'], family: 4, input: { sourcePort: '53' } },
  { needs: ['icmpType'], family: 4, input: { icmpType: '8' } },
  { needs: ['icmpCode'], family: 4, input: { icmpCode: '0' } },
  { needs: ['tcpFlags'], family: 4, input: { tcpFlags: 'syn' } },
  { needs: ['packetLength'], family: 4, input: { packetLength: '>=1000' } },
  { needs: ['dscp'], family: 4, input: { dscp: '46' } },
  { needs: ['fragment'], family: 4, input: { fragment: 'is-fragment' } },
  { needs: ['flowLabel'], family: 6, input: { flowLabel: '7' } },
]

const HOST: Readonly<Record<Family, string>> = { 4: '198.18.9.9', 6: '2001:2:0:9::9' }

/** Rules that lie outside the capabilities, each by one property alone. */
export function aliens(capabilities: Capabilities): Rule[] {
  const family = capabilities.families[0] ?? 4
  const found: Rule[] = []
  const missingKind = KINDS.find((kind) => !capabilities.kinds.includes(kind))
  if (missingKind !== undefined) found.push(simple(missingKind, family, DROP))
  const down = capabilities.kinds.find(isAttachmentKind)
  if (down !== undefined) found.push(switchRule(down, 'not_allowed'))
  const identity = capabilities.kinds.find(isIdentityKind)
  if (identity !== undefined && capabilities.realms !== undefined)
    found.push(identityRule(identity, 'contract0@elsewhere.example'))
  const kind = capabilities.kinds.find((one) => !isSwitchKind(one))
  const missingFamily = ([4, 6] as const).find((one) => !capabilities.families.includes(one))
  if (kind !== undefined && missingFamily !== undefined) found.push(simple(kind, missingFamily, DROP))
  const filter = capabilities.kinds.find((one) => one === 'flow' || one === 'acl')
  if (filter === undefined) return found
  const missingAction = [DROP, RATE].find((action) => !capabilities.actions.includes(action.do))
  if (missingAction !== undefined) found.push(simple(filter, family, missingAction))
  if (capabilities.exceptions !== true && capabilities.kinds.includes('acl')) found.push(excepting(family))
  if (capabilities.keeps !== true && capabilities.kinds.includes('acl')) found.push(keeping(family))
  if (capabilities.pairs === false) found.push(pair(filter, family))
  for (const example of EXAMPLES) {
    if (!capabilities.families.includes(example.family)) continue
    if (example.needs.every((name) => capabilities.components.includes(name))) continue
    const match = readMatch(example.family, { destination: HOST[example.family], ...example.input })
    found.push(filterRule(filter, match, capabilities.actions.includes('drop') ? DROP : RATE))
  }
  return found
}

function excepting(family: Family): Rule {
  const match = readMatch(family, { destination: HOST[family] })
  const beside = parsePrefix(family === 4 ? '192.0.2.53' : '2001:db8::53')
  return filterRule('acl', withExceptions(match, [beside]), DROP)
}

function pair(kind: 'flow' | 'acl', family: Family): Rule {
  const source = family === 4 ? '198.18.8.8' : '2001:2:0:8::8'
  return filterRule(kind, readMatch(family, { destination: HOST[family], source }), DROP)
}

function keeping(family: Family): Rule {
  return filterRule('acl', withControlKept(readMatch(family, { destination: HOST[family] })), DROP)
}

function simple(kind: RuleKind, family: Family, action: Action): Rule {
  if (isIdentityKind(kind)) return identityRule(kind, 'contract0@campus.example')
  if (isAttachmentKind(kind)) return switchRule(kind, 'no_such_kind')
  if (kind === 'd-rtbh' || kind === 's-rtbh') return blackholeRule(kind, parsePrefix(HOST[family]))
  return filterRule(kind, readMatch(family, { destination: HOST[family] }), action)
}
