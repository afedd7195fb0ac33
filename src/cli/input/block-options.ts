import type { Category } from '../../domain/category.ts'
import { usage } from '../exit.ts'
import type { NewBlock } from '../http/wire.ts'
import { type EndOptions, requireEnds } from './end.ts'
import { readPast } from './past.ts'
import { readRate } from './rate.ts'

/** The components of a match, as options and as fields of the API. */
export const COMPONENTS = [
  ['destination', 'PREFIX', 'the other end, of a block from the target'],
  ['source', 'PREFIX', 'the other end, of a block to the target'],
  ['protocol', 'LIST', 'such as udp or 6,17'],
  ['port', 'LIST', 'source or destination port, such as 53,80-90'],
  ['destination-port', 'LIST', 'such as 53'],
  ['source-port', 'LIST', 'such as 123'],
  ['icmp-type', 'LIST', 'such as 8'],
  ['icmp-code', 'LIST', 'such as 0'],
  ['tcp-flags', 'TEST', 'such as syn&!ack'],
  ['packet-length', 'LIST', 'bytes of the IP packet, such as 1000-1500'],
  ['dscp', 'LIST', 'such as 46'],
  ['fragment', 'TEST', 'such as is-fragment'],
  ['flow-label', 'LIST', 'IPv6 only'],
] as const

/** What may have happened; one that is missing here does not compile. */
const EVERY_CATEGORY = {
  'dos.volumetric': true,
  'dos.amplification': true,
  'dos.application': true,
  'host.compromised': true,
  'host.malware': true,
  scan: true,
  'login.brute-force': true,
  spam: true,
  'account.phished': true,
  listed: true,
  report: true,
  other: true,
} as const satisfies Readonly<Record<Category, true>>

export const CATEGORIES = Object.keys(EVERY_CATEGORY) as readonly Category[]

/** Options of `cordon block` that say what to block. */
export interface BlockOptions extends EndOptions {
  readonly reason: string
  readonly ticket?: string
  readonly category?: Category
  readonly to?: boolean
  readonly from?: boolean
  readonly both?: boolean
  readonly rateLimit?: string
  readonly redirect?: string
  readonly mark?: string
  readonly drop?: boolean
  readonly quarantine?: boolean
  readonly scope?: string
  readonly collateral?: NewBlock['collateral']
  readonly evidence?: 'established' | 'spoofable'
  readonly attack?: string
  readonly detectedAt?: string
  readonly clockError?: string
  readonly detectedPort?: string
  readonly breakGlass?: boolean
}

/** What the API is asked for. @throws CliError */
export function readBlock(target: string, options: BlockOptions, now: number): NewBlock {
  const { reason, ticket, category, scope, collateral, evidence, attack, breakGlass, quarantine } = options
  const direction = readDirection(options)
  const match = readMatch(options)
  const action = readAction(options)
  return {
    target,
    ...(match === undefined ? {} : { match }),
    ...(direction === undefined ? {} : { direction }),
    ...(action === undefined ? {} : { action }),
    ...(collateral === undefined ? {} : { collateral }),
    ...(scope === undefined ? {} : { scope }),
    ...(quarantine === undefined ? {} : { quarantine }),
    reason,
    ...(ticket === undefined ? {} : { ticket }),
    ...(category === undefined ? {} : { category }),
    ...(evidence === undefined ? {} : { evidence }),
    ...(attack === undefined ? {} : { attack }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...readDetection(options, now),
    ...requireEnds(options, now),
  }
}

/** When what led to it was seen, and how sure that time is. */
function readDetection(
  { detectedAt, clockError, detectedPort }: BlockOptions,
  now: number,
): Pick<NewBlock, 'detectedAt' | 'clockError' | 'detectedPort'> {
  if (detectedPort !== undefined && !/^\d{1,5}$/.test(detectedPort))
    throw usage(`--detected-port: '${detectedPort}' is no port; ports run from 0 to 65535`)
  return {
    ...(detectedAt === undefined ? {} : { detectedAt: readPast(detectedAt, '--detected-at', now) }),
    ...(clockError === undefined ? {} : { clockError }),
    ...(detectedPort === undefined ? {} : { detectedPort: Number(detectedPort) }),
  }
}

function readDirection(options: BlockOptions): NewBlock['direction'] {
  const given = (['to', 'from', 'both'] as const).filter((name) => options[name] === true)
  if (given.length > 1) throw usage(`give one of --to, --from and --both, not ${given.length}`)
  return given[0]
}

function readAction({ rateLimit, redirect, mark, drop }: BlockOptions): NewBlock['action'] {
  if ([rateLimit, redirect, mark, drop].filter((one) => one !== undefined).length > 1)
    throw usage('give one of --drop, --rate-limit, --redirect and --mark')
  if (drop === true) return 'drop'
  if (rateLimit !== undefined) return { rateLimit: readRate(rateLimit) }
  if (redirect !== undefined) return { redirect }
  if (mark === undefined) return undefined
  if (!/^\d{1,2}$/.test(mark)) throw usage(`--mark: '${mark}' is not a DSCP from 0 to 63`)
  return { mark: Number(mark) }
}

function readMatch(options: BlockOptions): Record<string, string> | undefined {
  const values = options as unknown as Readonly<Record<string, unknown>>
  const match: Record<string, string> = {}
  for (const [name] of COMPONENTS) {
    const field = camel(name)
    const value = values[field]
    if (typeof value === 'string') match[field] = value
  }
  return Object.keys(match).length === 0 ? undefined : match
}

function camel(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
