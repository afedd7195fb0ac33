import type { Bypass } from '../../configured/device.ts'
import { listedOf } from '../../configured/prefixes.ts'
import { GROUPS } from './ios-group.ts'
import { LIST } from './ios-list.ts'

/** The filter of IPv4, whose lines name the groups. */
export const FILTER = 'CORDON-4'

/** What is asked to know whether packets that come in there meet our groups and our list; `show running-config` is slow. */
export function placeLooks(filterOn: readonly string[]): readonly string[] {
  if (filterOn.length === 0) return []
  return [
    `show ip access-lists ${FILTER}`,
    ...filterOn.flatMap((name) => [`show ip interface ${name}`, `show ipv6 interface ${name}`]),
  ]
}

/** @param answers to {@link placeLooks}; nothing where the device knows nothing of the kind */
export function openPlaces(
  answers: readonly (readonly string[])[],
  filterOn: readonly string[],
): readonly Bypass[] {
  if (filterOn.length === 0) return []
  const [filter = [], ...places] = answers
  return [
    ...passedGroups(filter),
    ...filterOn.flatMap((name, index) => [
      ...(isOpen4(places[2 * index] ?? []) ? [openPlace(4, name)] : []),
      ...(isOpen6(places[2 * index + 1] ?? []) ? [openPlace(6, name)] : []),
    ]),
  ]
}

function openPlace(family: 4 | 6, name: string): Bypass {
  const words = `${family === 4 ? FILTER : LIST} is not on ${name}`
  return { words, concerns: (rule) => listedOf(rule)?.family === family }
}

/** Groups that no line of the filter drops by, or that come behind one that permits. */
function passedGroups(filter: readonly string[]): readonly Bypass[] {
  const lines = filterLines(filter)
  const permit = lines.findIndex((line) => line.startsWith('permit '))
  const first = permit < 0 ? lines : lines.slice(0, permit)
  return GROUPS.filter(({ name, end }) => !first.includes(dropping(name, end))).map(
    ({ name, end }): Bypass => {
      const words = `${FILTER} does not drop ${name} ahead of what it permits`
      const concerns: Bypass['concerns'] = (rule) => {
        const listed = listedOf(rule)
        return listed?.family === 4 && listed.end === end
      }
      return { words, concerns }
    },
  )
}

/** The line of the filter that drops by a group. */
export function dropping(group: string, end: 'from' | 'to'): string {
  return end === 'from' ? `deny ip object-group ${group} any` : `deny ip any object-group ${group}`
}

/** Lines of `show ip access-lists NAME` without their numbers and counters. */
export function filterLines(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => /^\s+\d+ (.*?)(?: \(\d+ match(?:es)?\))?\s*$/.exec(line)?.[1] ?? [])
}

/** Reads `show ip interface NAME`; an interface that does no IPv4 lets nothing pass. */
function isOpen4(lines: readonly string[]): boolean {
  const told = lines.flatMap((line) => /^\s*Inbound\s+access list is (.+?)\s*$/i.exec(line)?.[1] ?? [])
  return told.length > 0 && !told.includes(FILTER)
}

/** Reads `show ipv6 interface NAME`, which names a list only where there is one. */
function isOpen6(lines: readonly string[]): boolean {
  if (!lines.some((line) => /^\s*IPv6 is (?!disabled)/i.test(line))) return false
  return !lines.some((line) => new RegExp(`^\\s*Inbound access list(?: is)? ${LIST}\\s*$`, 'i').test(line))
}
