import { type Prefix, prefixAddress, prefixesOverlap, prefixLength } from '../../../src/domain/prefix.ts'
import type { EntryRule } from '../../../src/domain/rule.ts'
import { AdapterError } from '../../adapter.ts'
import type { Bypass, EntryChange, Refusals } from '../../configured/device.ts'
import { type End, listedOf, listedRule, readListed, SENTINELS } from '../../configured/prefixes.ts'
import type { Edit } from '../driver.ts'

/** IPv6 has no object groups: every block is a line of this list, between a line of ours and the permit at its end. */
export const LIST = 'CORDON-6'
const LAST = 2_000_000_000

export interface AccessList {
  readonly isThere: boolean
  readonly rules: ReadonlyMap<string, EntryRule>
  readonly foreign: number
  /** Sequence numbers that are not free. */
  readonly taken: ReadonlySet<number>
  /** Ours go between these two. */
  readonly first: number
  readonly last: number
  readonly hasSentinel: boolean
  /** Without it the list ends in a deny of everything: a line of ours in it, or in a new one, would cut off its interfaces. */
  readonly hasPermit: boolean
  /** Lines that permit, of ours and of others, ahead of lines of ours. */
  readonly bypasses: readonly Bypass[]
}

/** Reads `show ipv6 access-list CORDON-6`. */
export function readList(lines: readonly string[]): AccessList {
  const read = lines.flatMap((line) => {
    const [, text = '', number] = LINE.exec(line) ?? []
    return number === undefined ? [] : [{ text, number: Number(number), listed: listedIn(text) }]
  })
  const isSentinel = ({ listed }: (typeof read)[number]): boolean =>
    listed?.end === 'from' && listed.prefix === SENTINELS[6]
  const sentinel = read.find(isSentinel)
  const first = sentinel?.number ?? 0
  const permits = read.filter(({ text, number }) => text.startsWith('permit ') && number > first)
  const rules = read
    .filter((one) => !isSentinel(one))
    .flatMap(({ listed }) => (listed === undefined ? [] : listedRule(listed.end, listed.prefix)))
  return {
    isThere: lines.some((line) => new RegExp(`^IPv6 access list ${LIST}\\b`, 'i').test(line.trim())),
    rules: new Map(rules.map((rule) => [rule.key, rule])),
    foreign: read.filter(({ listed, text }) => listed === undefined && text !== REST).length,
    taken: new Set(read.map(({ number }) => number)),
    ...{ first, last: Math.min(LAST, ...permits.map(({ number }) => number)) },
    hasSentinel: sentinel !== undefined,
    hasPermit: permits.length > 0,
    bypasses: read.flatMap(({ text, number }) => {
      if (!text.startsWith('permit ')) return []
      const behind = new Set(
        read.flatMap(({ listed, number: place }) =>
          listed === undefined || place < number ? [] : [listedRule(listed.end, listed.prefix).key],
        ),
      )
      return behind.size === 0 ? [] : [permitting(text, behind)]
    }),
  }
}

/** @param behind keys of lines that come after it; those that it does not touch are not passed by */
function permitting(text: string, behind: ReadonlySet<string>): Bypass {
  const [, source, destination] = PERMIT.exec(text) ?? []
  const networks = { from: networkIn(source), to: networkIn(destination) }
  return {
    words: `'${text}' of ${LIST} comes ahead`,
    concerns: (rule) => {
      const listed = listedOf(rule)
      if (listed === undefined || !behind.has(rule.key)) return false
      const network = networks[listed.end]
      return network === undefined || prefixesOverlap(network, listed.prefix)
    },
  }
}

/** Protocol, source and destination; ports may stand behind each of these. */
const PERMIT = /^permit \S+ (any|host \S+|\S+\/\d+)(?: (any|host \S+|\S+\/\d+))?/

function networkIn(text: string | undefined): Prefix | undefined {
  return readListed(text?.replace(/^host /, '') ?? '')
}

const LINE = /^\s+(.*?)(?: \(\d+ match(?:es)?\))? sequence (\d+)$/
const REST = 'permit ipv6 any any'

export function listEdits(
  list: AccessList,
  { put, remove }: EntryChange,
): { readonly edits: readonly Edit[]; readonly refusals: Refusals } {
  const [coming, leaving] = [put.filter(isOfList), remove.filter(isOfList)]
  const refusals = new Map<string, AdapterError>()
  // By their text: somebody may have numbered the list anew since it was read.
  const edits = leaving
    .filter(({ key }) => list.rules.has(key))
    .map((rule): Edit => ({ line: `no ${textOf(rule)}`, keys: [rule.key] }))
  if (coming.length + leaving.length === 0) return { edits, refusals }
  if (!list.hasPermit) {
    const words = `no line of ${LIST} permits anything behind ours: cordon provision device says what is missing`
    for (const { key } of coming) refusals.set(key, new AdapterError('rejected', words, 'no-permit'))
    return { edits, refusals }
  }
  const taken = new Set(list.taken)
  const added = (text: string, keys: readonly string[]): Edit[] => {
    const number = freeNumber(text, list, taken)
    if (number !== undefined) {
      taken.add(number)
      return [{ line: `sequence ${number} ${text}`, keys }]
    }
    const words = `no number is free between ${list.first} and ${list.last} of ${LIST}`
    for (const key of keys) refusals.set(key, new AdapterError('capacity', words))
    return []
  }
  const sentinel = list.hasSentinel ? [] : added(denying('from', SENTINELS[6]), [])
  return {
    edits: [...sentinel, ...edits, ...coming.flatMap((rule) => added(textOf(rule), [rule.key]))],
    refusals,
  }
}

/**
 * A number for a line, by what it says: so one that may still be on its way from a session before has its own already,
 * and no other line gets it.
 */
function freeNumber(
  text: string,
  { first, last }: AccessList,
  taken: ReadonlySet<number>,
): number | undefined {
  const room = last - first - 1
  if (room <= 0) return undefined
  let number = hash(text) % room
  for (let tried = 0; tried <= taken.size; tried += 1) {
    const found = first + 1 + number
    if (!taken.has(found)) return found
    number = (number + 1) % room
  }
  return undefined
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let found = 0x811c9dc5
  for (const character of text) found = Math.imul(found ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0
  return found
}

function isOfList(rule: EntryRule): boolean {
  return listedOf(rule)?.family === 6
}

function textOf(rule: EntryRule): string {
  const { end, prefix } = listedOf(rule) ?? { end: 'from', prefix: SENTINELS[6] }
  return denying(end, prefix)
}

function denying(end: End, prefix: Prefix): string {
  const network = prefixLength(prefix) === 128 ? `host ${prefixAddress(prefix)}` : prefix
  return end === 'from' ? `deny ipv6 ${network} any` : `deny ipv6 any ${network}`
}

function listedIn(text: string): { readonly end: End; readonly prefix: Prefix } | undefined {
  const [, host, network] = /^deny ipv6 (?:any (?:host )?(\S+)|(?:host )?(\S+) any)$/.exec(text) ?? []
  const prefix = readListed(host ?? network ?? '')
  if (prefix === undefined) return undefined
  return { end: host === undefined ? 'from' : 'to', prefix }
}
