import type { SwitchRule } from '../../../src/domain/rule.ts'
import { AdapterError } from '../../adapter.ts'
import { readListed } from '../../configured/prefixes.ts'
import type { Position } from '../../switching/panel.ts'
import type { SwitchLook } from '../driver.ts'
import { type ConfigSection, turning } from './running-config.ts'

const SHUT = /^ neighbor (\S+) shutdown(?: (?:message|graceful)\b.*)?$/

/**
 * The neighbours of `router bgp`, as IOS and FRR write them, told by their addresses, in whatever form. Those of a VRF are
 * set in deeper or have a process of their own, and are none of these. What a group or a template says of its members is
 * not theirs: only their own line is what we add and take away.
 */
export function neighboursIn(sections: readonly ConfigSection[]): SwitchLook {
  const found = sections.flatMap(({ head, inside }) => {
    const asn = /^router bgp (\S+)$/.exec(head)?.[1]
    return asn === undefined ? [] : [{ asn, inside }]
  })
  const process = found[0]
  const there = addressesIn(process?.inside ?? [], /^ neighbor (\S+) /)
  const shut = addressesIn(process?.inside ?? [], SHUT)
  const isThere = ({ name }: SwitchRule): boolean => there.has(readListed(name) ?? name)
  return {
    sight(rule) {
      if (!isThere(rule)) return { absent: absence(rule) }
      return shut.has(readListed(rule.name) ?? rule.name) ? 'down' : 'up'
    },
    turn(rule, to: Position) {
      if (process === undefined || !isThere(rule)) throw new AdapterError('rejected', absence(rule))
      const place = { line: `router bgp ${process.asn}`, mode: '(config-router)#' }
      return turning(rule, place, `neighbor ${rule.name} shutdown`, to)
    },
  }
}

function absence({ name }: SwitchRule): string {
  return `there is no BGP neighbour ${name} in its configuration, outside of VRFs`
}

function addressesIn(lines: readonly string[], pattern: RegExp): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => readListed(pattern.exec(line)?.[1] ?? '') ?? []))
}
