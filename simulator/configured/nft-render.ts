import type { Family } from '../addresses.ts'
import { notLaterFragment } from '../flow-agent/fragment.ts'
import {
  type Attachment,
  type FilterModel,
  ICMP,
  type Match,
  type PortRange,
  type Prefixes,
  prefixesOf,
  TCP,
  type Term,
  UDP,
} from './filters.ts'
import { disjoint } from './prefixes.ts'

/** A model in the words of nft, kept apart by what can be changed alone. */
export interface Rendered {
  /** elements by set; the set's family is in its name */
  readonly sets: ReadonlyMap<string, readonly string[]>
  /** rules by chain */
  readonly chains: ReadonlyMap<string, readonly string[]>
  readonly counters: ReadonlySet<string>
}

export const TABLE = 'inet configured'

/** `in` is met by what is for the router itself too, `out` only by what it forwards. */
export const EMPTY_TABLE = `add table ${TABLE}
delete table ${TABLE}
add table ${TABLE}
add chain ${TABLE} ingress { type filter hook prerouting priority -300; policy accept; }
add chain ${TABLE} egress { type filter hook forward priority 0; policy accept; }
`
const HOOKS = { in: ['ingress', 'iifname'], out: ['egress', 'oifname'] } as const

/** Any text as a name that nft takes. */
function nftName(kind: string, text: string): string {
  return `${kind}_${Buffer.from(text).toString('hex')}`
}

/** What `nftName` made a name of. */
export function textOf(name: string): string {
  return Buffer.from(name.slice(name.indexOf('_') + 1), 'hex').toString()
}

function familyOfSet(name: string): Family {
  return name.startsWith('s4') ? 4 : 6
}

export function render(model: FilterModel): Rendered {
  const work = new Rendering(model)
  for (const attachment of model.attachments) work.attach(attachment)
  return work
}

class Rendering implements Rendered {
  readonly sets = new Map<string, readonly string[]>()
  readonly chains = new Map<string, string[]>([
    ['ingress', []],
    ['egress', []],
  ])
  readonly counters = new Set<string>()
  readonly #model: FilterModel

  constructor(model: FilterModel) {
    this.#model = model
  }

  attach({ interface: port, direction, family, filters, otherwise }: Attachment): void {
    const [base, meta] = HOOKS[direction]
    const chain = nftName(`a${family}${direction}`, port)
    const jumps = filters.map(({ name, terms }) => `jump ${this.#filter(family, name, terms)}`)
    this.chains.set(chain, [...jumps, otherwise])
    this.chains.get(base)?.push(`${meta} "${port}" meta nfproto ipv${family} jump ${chain}`)
  }

  #filter(family: Family, name: string, terms: readonly Term[]): string {
    const chain = nftName(`f${family}`, name)
    if (!this.chains.has(chain)) {
      const rules = terms.flatMap(({ match, verdict, counter }, at) => {
        const protocols = protocolsOf(family, match)
        // nft refuses what can never be
        if (protocols?.length === 0) return []
        const words = this.#match(family, match, protocols, `${at} ${name}`)
        return [[...words, ...this.#counted(counter), ...(verdict === 'next' ? [] : [verdict])].join(' ')]
      })
      // a rule of nothing at all would not be one
      this.chains.set(
        chain,
        rules.map((rule) => (rule === '' ? 'continue' : rule)),
      )
    }
    return chain
  }

  #counted(counter: string | undefined): string[] {
    if (counter === undefined) return []
    const name = nftName('c', counter)
    this.counters.add(name)
    return [`counter name "${name}"`]
  }

  #match(family: Family, match: Match, protocols: readonly number[] | undefined, place: string): string[] {
    const { sourcePorts, destinationPorts, icmpTypes } = match
    const isInside = sourcePorts !== undefined || destinationPorts !== undefined || icmpTypes !== undefined
    return [
      ...this.#addresses(family, 'saddr', match.sources, place),
      ...this.#addresses(family, 'daddr', match.destinations, place),
      ...(protocols === undefined ? [] : [`meta l4proto ${setText(protocols)}`]),
      ...(isInside ? notLaterFragment(family).slice(0, 1) : []),
      ...portMatch('sport', sourcePorts),
      ...portMatch('dport', destinationPorts),
      ...(icmpTypes === undefined ? [] : [`${family === 4 ? 'icmp' : 'icmpv6'} type ${setText(icmpTypes)}`]),
    ]
  }

  /** One list is a set that terms share and that changes alone; anything else is a set of the term's own. */
  #addresses(family: Family, field: string, wanted: Prefixes | undefined, place: string): string[] {
    if (wanted === undefined) return []
    const prefixes = disjoint(prefixesOf(this.#model, wanted), family)
    const words = family === 4 ? `ip ${field}` : `ip6 ${field}`
    const { lists = [] } = wanted
    if (lists.length === 0 && prefixes.length === 1) return [`${words} ${prefixes[0]}`]
    const [only] = lists.length === 1 && (wanted.prefixes ?? []).length === 0 ? lists : []
    const set = only === undefined ? nftName(`s${family}${field}`, place) : nftName(`s${family}list`, only)
    this.sets.set(set, prefixes)
    return [`${words} @${set}`]
  }
}

/** Which protocols a match is about, by what it says of ports and types too; undefined: any. */
function protocolsOf(family: Family, match: Match): readonly number[] | undefined {
  const hasPorts = match.sourcePorts !== undefined || match.destinationPorts !== undefined
  const bounds = [
    match.protocols,
    hasPorts ? [TCP, UDP] : undefined,
    match.icmpTypes === undefined ? undefined : [ICMP[family]],
  ].filter((one) => one !== undefined)
  return bounds.length === 0 ? undefined : bounds.reduce((a, b) => a.filter((one) => b.includes(one)))
}

function portMatch(field: string, ranges: readonly PortRange[] | undefined): string[] {
  if (ranges === undefined) return []
  return [
    `th ${field} ${setText(merged(ranges).map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)))}`,
  ]
}

/** nft takes no ranges that overlap. */
function merged(ranges: readonly PortRange[]): PortRange[] {
  const done: [number, number][] = []
  for (const [low, high] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = done.at(-1)
    if (last === undefined || low > last[1] + 1) done.push([low, high])
    else last[1] = Math.max(last[1], high)
  }
  return done
}

function setText(values: readonly (number | string)[]): string {
  return `{ ${[...new Set(values)].join(', ')} }`
}

/** The commands of nft that lead from one to the other, in an order in which nothing is used before it is there. */
export function changes(before: Rendered, after: Rendered): string[] {
  const made = [...after.chains].filter(
    ([name, rules]) => rules.join('\n') !== before.chains.get(name)?.join('\n'),
  )
  const gone = [...before.chains.keys()].filter((name) => !after.chains.has(name))
  return [
    ...without(after.counters, before.counters).map((name) => `add counter ${TABLE} ${name}`),
    ...[...after.sets].flatMap(([name, elements]) => setChanges(name, before.sets.get(name), elements)),
    ...made.map(([name]) => `add chain ${TABLE} ${name}`),
    ...[...made.map(([name]) => name), ...gone].map((name) => `flush chain ${TABLE} ${name}`),
    ...made.flatMap(([name, rules]) => rules.map((rule) => `add rule ${TABLE} ${name} ${rule}`)),
    ...gone.map((name) => `delete chain ${TABLE} ${name}`),
    ...without(before.sets.keys(), after.sets).map((name) => `delete set ${TABLE} ${name}`),
    ...without(before.counters, after.counters).map((name) => `delete counter ${TABLE} ${name}`),
  ]
}

function setChanges(name: string, before: readonly string[] | undefined, after: readonly string[]): string[] {
  const type = familyOfSet(name) === 4 ? 'ipv4_addr' : 'ipv6_addr'
  const made = before ? [] : [`add set ${TABLE} ${name} { type ${type}; flags interval; }`]
  return [
    ...made,
    ...elementChange('delete', name, without(before ?? [], new Set(after))),
    ...elementChange('add', name, without(after, new Set(before))),
  ]
}

function elementChange(verb: string, set: string, elements: readonly string[]): string[] {
  return elements.length === 0 ? [] : [`${verb} element ${TABLE} ${set} { ${elements.join(', ')} }`]
}

function without(names: Iterable<string>, others: { has(name: string): boolean }): string[] {
  return [...names].filter((name) => !others.has(name))
}
