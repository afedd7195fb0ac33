import { type Family, type Prefix, prefixFamily } from '../../../src/domain/prefix.ts'
import { type BlackholeRule, blackholeRule, type EntryRule } from '../../../src/domain/rule.ts'
import { AdapterError } from '../../adapter.ts'
import type { EntryChange } from '../../configured/device.ts'
import { readListed } from '../../configured/prefixes.ts'
import type { CliDriver, Edit, Look, Plan } from '../driver.ts'
import { installedIn } from './frr-routes.ts'
import { frrSwitches } from './frr-switches.ts'

const FAMILIES: readonly Family[] = [4, 6]
const WORDS: Readonly<Record<Family, string>> = { 4: 'ip', 6: 'ipv6' }

/** A static route as the configuration has it. */
interface StaticRoute {
  readonly line: string
  readonly prefix: Prefix
  /** Ours, when it is one: what stands behind the prefix says so. */
  readonly rule: BlackholeRule | undefined
}

/** What our routes carry, by scope: the tag that is configured, and the one behind it. */
type Tags = Readonly<Record<'local' | 'external', number>>

/**
 * FRR, with vtysh: a block is a static route that discards, and the tag says that it is ours. Its access lists filter
 * routes and no packets, so it blocks by destination alone.
 */
export function frrDriver(tag: number): CliDriver {
  const tags: Tags = { local: tag, external: tag + 1 }
  return {
    name: 'frr',
    platform: {
      name: 'frr',
      modes: /(?:\([a-z0-9-]{1,40}\))?[>#]/,
      user: '>',
      exec: '#',
      setup: ['terminal length 0'],
      more: /--\s?More\s?--\s*$/i,
      notice: /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Z0-9]+: /,
      alarms: [],
      errors: [
        [/^%?.*(?:locked by other|configuration is locked)/i, 'locked'],
        [/^%.*(?:not (?:authorized|permitted)|permission denied)/i, 'auth'],
        [/^%/, 'rejected'],
      ],
    },
    way: {
      begin: ['configure terminal'],
      mode: '(config)#',
      leave: 'exit',
      end: 'end',
      save: { line: 'write memory', done: /\[OK\]/ },
    },
    capabilities: {
      ...{ kinds: ['d-rtbh'], components: [], actions: ['drop'], families: FAMILIES },
      scopes: ['local', 'external'],
    },
    whyUnsupported: (rule) => whyNotRouted(rule),
    switches: frrSwitches,
    looks: ['show running-config staticd', 'show ip route static json', 'show ipv6 route static json'],
    read([configuration = [], ...routes]) {
      const statics = readStatics(configuration, tags)
      const installed = routes.flatMap((answer) => installedIn(answer, Object.values(tags)))
      return lookAt(statics, new Set(installed), tags)
    },
  }
}

function whyNotRouted(rule: EntryRule): string | undefined {
  if (rule.kind !== 'd-rtbh' || !('prefix' in rule)) return `no rules of kind ${rule.kind}`
  if (rule.action.do !== 'drop') return `it can only drop, and not ${rule.action.do}`
  return rule.scope === 'local' || rule.scope === 'external' ? undefined : `no scope ${rule.scope}`
}

/** @throws AdapterError `rejected` when it is no whole configuration */
function readStatics(lines: readonly string[], tags: Tags): readonly StaticRoute[] {
  if (lines.filter((line) => line !== '').at(-1) !== 'end')
    throw new AdapterError('rejected', 'what it shows of its static routes has no end', 'not-understood')
  return lines.flatMap((line) => {
    const [, word, text = '', rest = ''] = /^(ip|ipv6) route (\S+) (.+)$/.exec(line) ?? []
    const prefix = readListed(text)
    if (word === undefined || prefix === undefined || WORDS[prefixFamily(prefix)] !== word) return []
    return [{ line, prefix, rule: ruleOf(prefix, rest.trim(), tags) }]
  })
}

function ruleOf(prefix: Prefix, rest: string, tags: Tags): BlackholeRule | undefined {
  const scopes = ['local', 'external'] as const
  const scope = scopes.find((one) => rest === `blackhole tag ${tags[one]}`)
  return scope === undefined ? undefined : blackholeRule('d-rtbh', prefix, scope)
}

/** @param installed prefixes and tags that zebra has put into the kernel */
function lookAt(statics: readonly StaticRoute[], installed: ReadonlySet<string>, tags: Tags): Look {
  const rules = new Map<string, EntryRule>()
  const unsettled = new Map<string, EntryRule>()
  const left = new Set(installed)
  for (const { rule } of statics) {
    if (rule === undefined) continue
    const route = `${rule.prefix} ${rule.scope === 'external' ? tags.external : tags.local}`
    const isIn = left.delete(route)
    ;(isIn ? rules : unsettled).set(rule.key, rule)
  }
  for (const route of left) {
    const [text = '', tag] = route.split(' ')
    const prefix = readListed(text)
    if (prefix === undefined || statics.some((one) => one.prefix === prefix)) continue
    const rule = blackholeRule('d-rtbh', prefix, Number(tag) === tags.external ? 'external' : 'local')
    unsettled.set(rule.key, rule)
  }
  const foreign = statics.filter(({ rule }) => rule === undefined).length
  return {
    listing: { rules, unsettled, foreign, missing: [] },
    plan: (change) => planFor(change, statics, tags),
  }
}

/**
 * One prefix has one such route: writing another tag changes it, whoever's it was, and removing looks at no tag. So
 * what else stands there is looked for before either.
 */
function planFor({ put, remove }: EntryChange, statics: readonly StaticRoute[], tags: Tags): Plan {
  const standing = new Map(statics.map((route) => [route.prefix, route]))
  const refusals = new Map<string, AdapterError>()
  const leaving = remove.flatMap((rule): Edit[] => {
    const there = 'prefix' in rule ? standing.get(rule.prefix) : undefined
    if (there?.rule?.key !== rule.key) return []
    standing.delete(there.prefix)
    return [{ line: `no ${there.line}`, keys: [rule.key] }]
  })
  const coming = put.flatMap((rule): Edit[] => {
    if (!('prefix' in rule)) return []
    const there = standing.get(rule.prefix)
    const line = lineOf(rule, tags)
    if (there === undefined || there.rule?.key === rule.key) return [{ line, keys: [rule.key] }]
    const words = `there is a static route already, and a second would change it: ${there.line}`
    refusals.set(rule.key, new AdapterError('rejected', words, 'slot-taken'))
    return []
  })
  const edits = [...leaving, ...coming]
  return { sections: edits.length === 0 ? [] : [{ edits }], refusals }
}

function lineOf({ prefix, scope }: BlackholeRule, tags: Tags): string {
  const tag = scope === 'external' ? tags.external : tags.local
  return `${WORDS[prefixFamily(prefix)]} route ${prefix} blackhole tag ${tag}`
}
