import { parseMac } from '../domain/identity.ts'
import { InputError, within } from '../domain/input-error.ts'
import {
  type BindingReader,
  bindingOf,
  parseAddress,
  parseMoment,
  parseUser,
  sessionNumber,
} from './binding.ts'
import { isObject, type JsonRecord, jsonLines } from './json-lines.ts'
import type { LineProblems } from './line-problems.ts'
import { type AccountingEvent, type Spell, spellsOf } from './radius-session.ts'

/** By name, and by number (RFC 2866 §5.1). */
const KINDS = new Map<string, AccountingEvent['kind']>([
  ['Start', 'start'],
  ['1', 'start'],
  ['Stop', 'stop'],
  ['2', 'stop'],
  ['Interim-Update', 'interim'],
  ['Alive', 'interim'],
  ['3', 'interim'],
  ['Accounting-On', 'restart'],
  ['7', 'restart'],
  ['Accounting-Off', 'restart'],
  ['8', 'restart'],
])

/**
 * Reads RADIUS accounting: JSON lines with the attributes' names, as FreeRADIUS writes them. Records belong together by
 * access server and `Acct-Session-Id`, or by user, device and address where there is none; their order does not matter.
 * An address counts from the first record that names it. Records of other kinds, and those that name nobody or no
 * address, are passed over.
 */
export function readAccounting(...[text, source, take, problems]: Parameters<BindingReader>): number {
  const sessions = new Map<string, AccountingEvent[]>()
  const restarts = new Map<string, number[]>()
  let passedOver = 0
  for (const record of jsonLines(text, problems)) {
    const before = problems.count
    const event = problems.take(record.line, () => eventOf(record))
    if (event?.kind === 'restart') push(restarts, event.nas, event.time)
    else if (event !== undefined) for (const key of keysOf(event)) push(sessions, key, event)
    else if (problems.count === before) passedOver += 1
  }
  for (const events of sessions.values())
    for (const spell of spellsOf(events, new Set(restarts.get(events[0]?.nas ?? ''))))
      takeSpell(spell, source, take, problems)
  return passedOver
}

function takeSpell(
  { address, event, from, until }: Spell,
  source: string,
  take: Parameters<BindingReader>[2],
  problems: LineProblems,
): void {
  if (from === undefined) {
    problems.add(
      event.line,
      'a Stop without its Start and without Acct-Session-Time does not say since when the address was held',
    )
    return
  }
  const { mac, user, port, nas } = event
  const session =
    event.session === undefined ? undefined : sessionNumber(JSON.stringify([nas, event.session]))
  take(bindingOf({ address, mac, user, port, from, until, source, session }))
}

function push<T>(lists: Map<string, T[]>, key: string, value: T): void {
  const list = lists.get(key)
  if (list === undefined) lists.set(key, [value])
  else list.push(value)
}

/** Without a session's name, each address is a session of its own. */
function keysOf({ nas, session, user = '', mac = '', addresses }: AccountingEvent): string[] {
  if (session !== undefined) return [JSON.stringify([nas, session])]
  return addresses.map((address) => JSON.stringify([nas, user, mac, address]))
}

function eventOf({ line, value }: JsonRecord): AccountingEvent | undefined {
  const read = <T>(name: string, parse: (text: string) => T): T | undefined => {
    const text = attribute(value[name])
    return text === undefined ? undefined : within(name, () => parse(text))
  }
  const status = attribute(value['Acct-Status-Type'])
  if (status === undefined)
    throw new InputError('radius-status', 'there is no Acct-Status-Type, such as "Start"')
  const kind = KINDS.get(status)
  if (kind === undefined) return undefined
  const time = read('Event-Timestamp', parseMoment)
  if (time === undefined) throw new InputError('radius-time', 'there is no Event-Timestamp')
  const nas = attribute(value['NAS-Identifier']) ?? attribute(value['NAS-IP-Address']) ?? ''
  const addresses = ['Framed-IP-Address', 'Framed-IPv6-Address'].flatMap(
    (name) => read(name, parseAddress) ?? [],
  )
  if (kind === 'restart') return { line, kind, time, nas, addresses }
  const mac = read('Calling-Station-Id', parseMac)
  const user = read('User-Name', parseUser)
  const session = attribute(value['Acct-Session-Id'])
  if ((mac === undefined && user === undefined) || (session === undefined && addresses.length === 0))
    return undefined
  const port = attribute(value['NAS-Port-Id'])
  const lasted = read('Acct-Session-Time', wholeSeconds)
  return {
    line,
    kind,
    time,
    nas,
    addresses,
    ...(session === undefined ? {} : { session }),
    ...(mac === undefined ? {} : { mac }),
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port: nas === '' ? port : `${nas} ${port}` }),
    ...(lasted === undefined ? {} : { lasted }),
  }
}

function wholeSeconds(text: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1_000
  throw new InputError('radius-number', `'${text}' is no whole number of seconds`)
}

/** Text or number, alone, in a list of one, or as `{"type": ..., "value": [...]}` as rlm_rest writes it. */
function attribute(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return value.trim() === '' ? undefined : value.trim()
  if (Array.isArray(value)) return attribute(value[0])
  return isObject(value) ? attribute(value['value']) : undefined
}
