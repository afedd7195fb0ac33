import { compareItems, FLOW_LABEL, itemsText } from './conditions.ts'
import { exceptionsText, isExceptionOf } from './exceptions.ts'

/** What an address is to the host itself, and its kinds as nft numbers them (those of the kernel's routes). */
const ADDRESS_TYPE = 'fib daddr type'
const TYPES: Readonly<Record<string, string>> = { 2: 'local', 5: 'multicast' }

function typesText(listed: string): string {
  return listed.replace(/\d+/g, (number) => TYPES[number] ?? number)
}

/** The highest flow label alone, as nft lists it in a set. */
const OPEN_END = /(1048575)-16777215/

/**
 * nft's JSON expressions as canonical text: the same text that `render.ts` writes, whichever way this version of nft
 * prefers to say it. What is not understood becomes its JSON, which equals nothing that we render.
 */
export function statementText(statement: unknown): string {
  const match = field(statement, 'match')
  if (match === undefined) return verdictText(statement) ?? JSON.stringify(statement)
  const left = operand(field(match, 'left'))
  const right = field(match, 'right')
  const op = field(match, 'op')
  // "! flags" is how nft says "& flags == 0".
  if (op === '!') return `${left} & ${bits(right) ?? operand(right)} == 0`
  if (typeof right === 'string' && right.startsWith('@')) return `${left} ${right}`
  if (isExceptionOf(`${left} ${String(op)}`)) return `${left} != ${exceptionsText(rightText(right))}`
  if (left === ADDRESS_TYPE) return `${left} ${String(op)} ${typesText(rightText(right))}`
  const text = left.startsWith('exthdr') && right === false ? 'missing' : rightText(right)
  // Of a range up to the highest label nft lists the end as that of three whole bytes.
  return `${left} ${String(op)} ${left === FLOW_LABEL ? text.replace(OPEN_END, '$1').replace('16777215', '1048575') : text}`
}

function verdictText(statement: unknown): string | undefined {
  for (const verdict of ['drop', 'return']) if (field(statement, verdict) === null) return verdict
  for (const verdict of ['jump', 'goto']) {
    const target = field(field(statement, verdict), 'target')
    if (typeof target === 'string') return `${verdict} ${target}`
  }
  return undefined
}

/** A property of an object; undefined for anything else. */
export function field(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Record<string, unknown>)[name]
}

function operand(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'string') return String(value)
  const payload = field(value, 'payload')
  if (payload !== undefined) return `${String(field(payload, 'protocol'))} ${String(field(payload, 'field'))}`
  const meta = field(value, 'meta')
  if (meta !== undefined) return `meta ${String(field(meta, 'key'))}`
  const header = field(value, 'exthdr')
  if (header !== undefined) {
    const name = String(field(header, 'name'))
    const part = field(header, 'field')
    return part === undefined ? `exthdr ${name}` : `${name} ${String(part)}`
  }
  const fib = field(value, 'fib')
  if (fib !== undefined) return `fib ${String(field(fib, 'flags'))} ${String(field(fib, 'result'))}`
  const and = field(value, '&')
  if (Array.isArray(and) && and.length === 2) return `${operand(and[0])} & ${bits(and[1]) ?? operand(and[1])}`
  const range = field(value, 'range')
  if (Array.isArray(range) && range.length === 2) return range.map(operand).join('-')
  const prefix = field(value, 'prefix')
  if (prefix !== undefined) return `${String(field(prefix, 'addr'))}/${String(field(prefix, 'len'))}`
  const concat = field(value, 'concat')
  if (Array.isArray(concat)) return concat.map(operand).join(' . ')
  return JSON.stringify(value)
}

/** A mask, which nft gives as a number or as its single bits. */
function bits(value: unknown): number | undefined {
  if (typeof value === 'number') return value
  const list = Array.isArray(value) ? (value as unknown[]) : field(value, '|')
  if (!Array.isArray(list)) return undefined
  let sum = 0
  for (const item of list as unknown[]) {
    const bit = bits(item)
    if (bit === undefined) return undefined
    sum |= bit
  }
  return sum
}

function rightText(value: unknown): string {
  const set = field(value, 'set')
  if (!Array.isArray(set)) return String(bits(value) ?? operand(value))
  const items = set.map((item) => String(bits(item) ?? operand(item))).sort(compareItems)
  return itemsText(items)
}

const PORT_FIELD = /\b(tcp|udp) (sport|dport)\b/g
const ONE_PROTOCOL = /\b(tcp flags|icmp|icmpv6) /

/**
 * One text for all the ways to say the same: nft folds `meta l4proto 6` and `th dport` into `tcp dport` where it
 * can, and adds and hides the protocol of fields that only one has.
 */
export function canonicalRule(statements: readonly string[]): string[] {
  const found = new Set<string>()
  for (const statement of statements) {
    for (const [, protocol] of statement.matchAll(PORT_FIELD)) {
      found.add(`meta l4proto == ${protocol === 'tcp' ? 6 : 17}`)
    }
    found.add(statement.replace(PORT_FIELD, 'th $2'))
  }
  if ([...found].some((statement) => ONE_PROTOCOL.test(statement))) {
    for (const statement of found) if (statement.startsWith('meta l4proto ==')) found.delete(statement)
  }
  return [...found].sort()
}
