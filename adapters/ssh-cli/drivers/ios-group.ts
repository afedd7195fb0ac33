import { type Prefix, prefixAddress, prefixFamily, prefixLength } from '../../../src/domain/prefix.ts'
import type { EntryRule } from '../../../src/domain/rule.ts'
import { AdapterError } from '../../adapter.ts'
import { type EntryChange, NO_REFUSALS, type Refusals } from '../../configured/device.ts'
import { type End, listedOf, listedRule, readListed, SENTINELS } from '../../configured/prefixes.ts'
import type { Edit } from '../driver.ts'

interface Where {
  readonly name: string
  readonly end: End
}

/** One group for each end of IPv4 packets. */
export const GROUPS: readonly Where[] = [
  { name: 'CORDON-4-FROM', end: 'from' },
  { name: 'CORDON-4-TO', end: 'to' },
]

export interface ObjectGroup {
  readonly where: Where
  readonly isThere: boolean
  readonly rules: ReadonlyMap<string, EntryRule>
  readonly foreign: number
  /** Without it the last member could not be removed: a group in use is not to be emptied. */
  readonly hasSentinel: boolean
}

/** Reads `show object-group NAME`. */
export function readGroup(where: Where, lines: readonly string[]): ObjectGroup {
  const rules = new Map<string, EntryRule>()
  let [foreign, isThere, hasSentinel] = [0, false, false]
  for (const line of lines.map((one) => one.trim())) {
    if (new RegExp(`^Network object group ${where.name}$`, 'i').test(line)) isThere = true
    else if (isThere && line !== '' && !/^description\b/i.test(line)) {
      const prefix = prefixOf(line)
      if (prefix === undefined) foreign += 1
      else if (prefix === SENTINELS[4]) hasSentinel = true
      else {
        const rule = listedRule(where.end, prefix)
        rules.set(rule.key, rule)
      }
    }
  }
  return { where, isThere, rules, foreign, hasSentinel }
}

export function groupEdits(
  { where, isThere, hasSentinel }: ObjectGroup,
  { put, remove }: EntryChange,
): { readonly edits: readonly Edit[]; readonly refusals: Refusals } {
  const lines = (rules: readonly EntryRule[], no: string): Edit[] =>
    rules.flatMap((rule) => {
      const listed = listedOf(rule)
      if (listed?.family !== 4 || listed.end !== where.end) return []
      return [{ line: `${no}${memberText(listed.prefix)}`, keys: [rule.key] }]
    })
  const [leaving, coming] = [lines(remove, 'no '), lines(put, '')]
  if (!isThere) {
    // One that was made by its first member would be in no filter.
    const error = new AdapterError('rejected', `there is no object group ${where.name}`, 'no-group')
    return { edits: [], refusals: new Map(coming.flatMap(({ keys }) => keys.map((key) => [key, error]))) }
  }
  if (leaving.length + coming.length === 0) return { edits: [], refusals: NO_REFUSALS }
  const sentinel = hasSentinel ? [] : [{ line: memberText(SENTINELS[4]), keys: [] }]
  return { edits: [...sentinel, ...leaving, ...coming], refusals: NO_REFUSALS }
}

function prefixOf(line: string): Prefix | undefined {
  const [, host] = /^host (\S+)$/.exec(line) ?? []
  if (host !== undefined) return readListed(`${host}/32`)
  const [, network, mask = ''] = /^(\d[\d.]*) (\d[\d.]*)$/.exec(line) ?? []
  const length = MASKS.indexOf(mask)
  return network === undefined || length < 0 ? undefined : readListed(`${network}/${length}`)
}

function memberText(prefix: Prefix): string {
  const length = prefixLength(prefix)
  const address = prefixAddress(prefix)
  return length === 32 && prefixFamily(prefix) === 4 ? `host ${address}` : `${address} ${MASKS[length]}`
}

/** The text of every mask, by its length. */
const MASKS: readonly string[] = Array.from({ length: 33 }, (_, length) =>
  [0, 8, 16, 24].map((shift) => 256 - 2 ** (8 - Math.min(8, Math.max(0, length - shift)))).join('.'),
)
