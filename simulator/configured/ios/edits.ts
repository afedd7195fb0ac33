import { isDeepStrictEqual } from 'node:util'
import {
  type AccessEntry,
  type AccessList,
  type Bgp,
  emptyInterface,
  type InterfaceConfig,
  type IosConfig,
  type Neighbour,
  type ObjectGroup,
  withEntry,
} from './config.ts'
import { Refused } from './refused.ts'
import { entryText } from './show-config.ts'

// What changes nothing returns the configuration that it was given: so a change can be told from none.

const EMPTY_GROUP: ObjectGroup = { members: new Map() }

export function editGroup(
  config: IosConfig,
  name: string,
  edit: (group: ObjectGroup) => ObjectGroup,
): IosConfig {
  const groups = withEntry(config.groups, name, edit(config.groups.get(name) ?? EMPTY_GROUP))
  return groups === config.groups ? config : { ...config, groups }
}

export function editList(
  config: IosConfig,
  family: 4 | 6,
  name: string,
  edit: (list: AccessList) => AccessList | undefined,
): IosConfig {
  const ofFamily = withEntry(config.lists[family], name, edit(config.lists[family].get(name) ?? new Map()))
  return ofFamily === config.lists[family]
    ? config
    : { ...config, lists: { ...config.lists, [family]: ofFamily } }
}

export function editInterface(
  config: IosConfig,
  name: string,
  edit: (one: InterfaceConfig) => InterfaceConfig,
): IosConfig {
  const before = config.interfaces.get(name) ?? emptyInterface()
  const after = edit(before)
  return isDeepStrictEqual(before, after)
    ? config
    : { ...config, interfaces: withEntry(config.interfaces, name, after) }
}

export function editNeighbour(
  config: IosConfig,
  address: string,
  edit: (before: Neighbour | undefined) => Neighbour | undefined,
): IosConfig {
  const bgp: Bgp = config.bgp ?? { asn: '0', neighbours: new Map() }
  const before = bgp.neighbours.get(address)
  const after = edit(before)
  if (isDeepStrictEqual(before, after)) return config
  return { ...config, bgp: { ...bgp, neighbours: withEntry(bgp.neighbours, address, after) } }
}

const STEP = 10

/**
 * Puts a line at its number, or ten behind the last one. What is there already is not put again.
 * @throws Refused when something else has the number
 */
export function putLine(list: AccessList, sequence: number | undefined, entry: AccessEntry): AccessList {
  const text = entryText(entry)
  if (sequence === undefined) {
    if (findLine(list, text) !== undefined) return list
    return new Map([...list, [Math.max(0, ...list.keys()) + STEP, entry]])
  }
  const before = list.get(sequence)
  if (before !== undefined && entryText(before) !== text) throw new Refused('% Duplicate sequence number')
  if (before !== undefined) return list
  return new Map([...list, [sequence, entry] as const].sort(([a], [b]) => a - b))
}

/** The number of the line that reads like this. */
export function findLine(list: AccessList, text: string): number | undefined {
  return [...list].find(([, entry]) => entryText(entry) === text)?.[0]
}
