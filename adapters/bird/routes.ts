import { type Family, type Prefix, parsePrefix } from '../../src/domain/prefix.ts'
import type { Answer, Control } from '../transport/bird-control.ts'

export interface Tables {
  readonly table4: string
  readonly table6: string
  /** Only routes that this protocol brought. */
  readonly protocol?: string
}

/** Codes of BIRD's replies: a listing that ended well, and an exact prefix that the table does not have. */
const OK = 0
const NOT_FOUND = 8001

/** Whether the table's best route for exactly this prefix is a blackhole; undefined when the connection ended. */
export async function isBlackholed(
  control: Control,
  tables: Tables,
  family: Family,
  prefix: Prefix,
): Promise<boolean | undefined> {
  const answer = await control.ask(`show route ${prefix} table ${tableOf(tables, family)} primary`)
  if (answer === undefined) return undefined
  if (answer.code === NOT_FOUND) return false
  return blackholes(checked(answer), tables).has(prefix)
}

/** All prefixes whose best route is a blackhole; undefined when the connection ended. */
export async function allBlackholed(
  control: Control,
  tables: Tables,
  family: Family,
): Promise<ReadonlySet<Prefix> | undefined> {
  const protocol = tables.protocol === undefined ? '' : ` protocol ${tables.protocol}`
  const table = tableOf(tables, family)
  const answer = await control.ask(`show route where dest = RTD_BLACKHOLE table ${table}${protocol} primary`)
  if (answer === undefined) return undefined
  return answer.code === NOT_FOUND ? new Set() : blackholes(checked(answer), tables)
}

function tableOf(tables: Tables, family: Family): string {
  return family === 4 ? tables.table4 : tables.table6
}

/** @throws Error with BIRD's words when it refused: an unknown table or protocol */
function checked(answer: Answer): Answer {
  if (answer.code === OK) return answer
  throw new Error(`BIRD answered ${String(answer.code).padStart(4, '0')} ${answer.last}`)
}

/** Lines such as `203.0.113.9/32  blackhole [cordon 22:36:32.164 from 127.0.0.1] * (100) [AS65010i]`. */
function blackholes(answer: Answer, { protocol }: Tables): Set<Prefix> {
  const found = new Set<Prefix>()
  for (const line of answer.lines) {
    const route = /^(\S+\/\d+)\s+blackhole \[(\S+) [^\]]*\] \*/.exec(line)
    if (route === null || (protocol !== undefined && route[2] !== protocol)) continue
    found.add(parsePrefix(route[1] ?? ''))
  }
  return found
}
