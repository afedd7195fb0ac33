import {
  type Attachment,
  type Filter,
  type FilterModel,
  ICMP,
  type Match,
  type Prefixes,
  type Term,
} from '../filters.ts'
import type { End } from './access-rule.ts'
import type { AccessList, Direction, IosConfig } from './config.ts'

/**
 * What a configuration makes of packets. A list without a rule, or one that is not there, lets everything pass; with
 * one, what no rule permits is dropped, but IPv6 keeps neighbours reachable before that.
 */
export function modelOf(config: IosConfig): FilterModel {
  return {
    lists: new Map([...config.groups].map(([name, { members }]) => [name, [...members.values()]])),
    attachments: [...config.interfaces].flatMap(([name, one]) => [
      ...attached(config, 4, name, one.filters4),
      ...attached(config, 6, name, one.filters6),
    ]),
    down: [...config.interfaces].flatMap(([name, { isShut }]) => (isShut ? [name] : [])),
  }
}

/** Under which the packets of a list's line are counted. */
export function counterName(family: 4 | 6, list: string, sequence: number): string {
  return `${family === 4 ? 'ip' : 'ipv6'} ${list} ${sequence}`
}

function attached(
  config: IosConfig,
  family: 4 | 6,
  where: string,
  names: Readonly<Partial<Record<Direction, string>>>,
): Attachment[] {
  return DIRECTIONS.flatMap((direction) => {
    const name = names[direction]
    const list = name === undefined ? undefined : config.lists[family].get(name)
    if (name === undefined || list === undefined || !hasRule(list)) return []
    return [
      { interface: where, direction, family, filters: [filterOf(family, name, list)], otherwise: 'drop' },
    ]
  })
}

const DIRECTIONS = ['in', 'out'] as const

function hasRule(list: AccessList): boolean {
  return [...list.values()].some((entry) => 'rule' in entry)
}

function filterOf(family: 4 | 6, name: string, list: AccessList): Filter {
  const terms = [...list].flatMap(([sequence, entry]): Term[] => {
    if (!('rule' in entry)) return []
    const { verdict, protocol, source, destination, icmpType } = entry.rule
    const match: Match = {
      ...place('sources', source),
      ...place('destinations', destination),
      ...(protocol === undefined ? {} : { protocols: [protocol] }),
      ...(source.ports === undefined ? {} : { sourcePorts: [[source.ports.low, source.ports.high]] }),
      ...(destination.ports === undefined
        ? {}
        : { destinationPorts: [[destination.ports.low, destination.ports.high]] }),
      ...(icmpType === undefined ? {} : { icmpTypes: [icmpType] }),
    }
    return [{ match, verdict: VERDICTS[verdict], counter: counterName(family, name, sequence) }]
  })
  return { name, terms: [...terms, ...(family === 6 ? NEIGHBOUR_DISCOVERY : [])] }
}

const VERDICTS = { permit: 'accept', deny: 'drop' } as const

/** Advertisements and solicitations (RFC 4861 §4.3, §4.4): every IPv6 list ends in these before its deny. */
const NEIGHBOUR_DISCOVERY: readonly Term[] = [136, 135].map((type) => ({
  match: { protocols: [ICMP[6]], icmpTypes: [type] },
  verdict: 'accept',
}))

function place(name: 'sources' | 'destinations', { prefix, group }: End): Match {
  if (prefix === undefined && group === undefined) return {}
  const meant: Prefixes =
    group === undefined ? { prefixes: [prefix?.toLowerCase() ?? ''] } : { lists: [group] }
  return { [name]: meant }
}
