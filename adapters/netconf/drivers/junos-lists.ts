import type { Family } from '../../../src/domain/prefix.ts'
import type { EntryRule } from '../../../src/domain/rule.ts'
import { type End, listedOf } from '../../configured/prefixes.ts'
import { element, type Xml } from '../../transport/netconf/xml.ts'

const JUNOS = 'http://xml.juniper.net/xnm/1.1/xnm'

export interface List {
  readonly name: string
  readonly family: Family
  readonly end: End
}

/** One prefix list for each family and end, which terms of the filters CORDON-4 and CORDON-6 refer to. */
export const LISTS: readonly List[] = [
  { name: 'CORDON-4-FROM', family: 4, end: 'from' },
  { name: 'CORDON-4-TO', family: 4, end: 'to' },
  { name: 'CORDON-6-FROM', family: 6, end: 'from' },
  { name: 'CORDON-6-TO', family: 6, end: 'to' },
]

export function isIn({ family, end }: List, rule: EntryRule): boolean {
  const listed = listedOf(rule)
  return listed?.family === family && listed.end === end
}

export const FAMILIES: readonly Family[] = [4, 6]

/** What the platform calls a family. */
export function inet(family: Family): string {
  return family === 4 ? 'inet' : 'inet6'
}

/** Our filter of a family. */
export function nameOf(family: Family): string {
  return `CORDON-${family}`
}

/** The root of a Junos configuration. */
export function configuration(...content: readonly Xml[]): Xml {
  return element('configuration', { xmlns: JUNOS }, ...content)
}
