import { refusalLines } from '../http/problem.ts'
import type { Gap, Plan } from '../http/wire.ts'
import type { Seen } from '../http/wire-action.ts'
import type { Paint } from '../output/paint.ts'
import { type Cell, renderFields } from '../output/table.ts'
import { fullText } from '../output/time.ts'
import { specText } from './spec.ts'

/** What a block would become: what it hits, the rules on each device, what stays open, and who refuses. */
export function planText(plan: Plan, now: () => number, paint: Paint): string {
  return renderFields(
    [
      ['would', specText(plan)],
      ['scope', plan.scope === 'local' ? undefined : plan.scope],
      ['about', leaseText(plan.lease, now)],
      ['until', untilText(plan.until, now)],
      ['covers', plan.covers?.join(', ')],
      ['hits', radiusText(plan)],
      ['known', knownText(plan.affected)],
      ['seen', plan.seen?.map((one) => seenText(one, now))],
      ['stations', plan.stations?.join(', ')],
      ['contacts', plan.affected?.contacts.map(contactText)],
      [
        'widened',
        plan.radius.widened.map((what): Cell => ({ text: `${what}, as permitted`, style: 'warn' })),
      ],
      ['rules', ruleLines(plan)],
      ['open', gapLines(plan.gaps)],
      ['agreement', plan.asks.map(({ message }): Cell => ({ text: `needed: ${message}`, style: 'warn' }))],
      ['digest', plan.asks.length === 0 ? undefined : plan.digest],
      ['refused', refusalLines(plan.refusals).map((text): Cell => ({ text, style: 'bad' }))],
    ],
    paint,
  )
}

export function leaseText(lease: Plan['lease'], now: () => number): string | undefined {
  return lease && `whoever had ${lease.address} at ${fullText(Date.parse(lease.at), { now })}`
}

export function untilText(until: string | null, now: () => number): string {
  return until === null ? 'permanent: until somebody releases it' : fullText(Date.parse(until), { now })
}

/** A MAC address as the API writes it. */
const STATION = /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/

function radiusText({ target, radius }: Plan): string {
  const { ipv4Addresses, ipv6Hosts, sharedUsers, departments, connections, accounts, outside } = radius
  const parts = [
    STATION.test(target) ? `station ${target}` : '',
    accounts.length === 0 ? '' : `account ${accounts.join(', ')}`,
    counted(ipv4Addresses, 'IPv4 address', 'IPv4 addresses'),
    counted(ipv6Hosts, 'IPv6 host', 'IPv6 hosts'),
    counted(sharedUsers, 'user behind shared addresses', 'users behind shared addresses'),
    departments.length === 0 ? '' : `department ${departments.join(', ')}`,
    connections.length === 0 ? '' : `connection ${connections.join(', ')}`,
    outside ? 'outside of own space' : '',
  ].filter((part) => part !== '')
  return parts.length === 0 ? 'nothing' : parts.join('; ')
}

function knownText(affected: Plan['affected']): string | undefined {
  if (affected === undefined || affected.knownHosts === 0) return undefined
  const { knownHosts, hosts } = affected
  const names = [...new Set(hosts.map(({ name }) => name))]
  return `${counted(knownHosts, 'known host', 'known hosts')}: ${names.join(', ')}${hosts.length < knownHosts ? ', ...' : ''}`
}

/** Where an account was, as `10.3.4.5 (02:00:5e:10:00:01), until now`. */
function seenText({ address, mac, port, until }: Seen, now: () => number): string {
  const what = [mac, port].filter((one) => one !== undefined).join(', ')
  const when = until === null ? 'now' : fullText(Date.parse(until), { now })
  return `${address}${what === '' ? '' : ` (${what})`}, until ${when}`
}

function contactText({ of, why, people }: NonNullable<Plan['affected']>['contacts'][number]): string {
  const whom = people.map(({ mail, phone }) => (phone === undefined ? mail : `${mail} (${phone})`))
  return whom.length === 0 ? `${of}: nobody; ${why}` : `${of}: ${whom.join(', ')}`
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? '' : `${count} ${count === 1 ? one : many}`
}

function ruleLines({ rules }: Plan): Cell[] {
  return rules.map(({ device, rule, change, entries, maxEntries }) => {
    const text = `${device}: ${rule} (${CHANGES[change] ?? change}; ${entries} of ${maxEntries} entries)`
    return { text, style: entries > maxEntries ? 'bad' : 'plain' }
  })
}

const CHANGES: Readonly<Record<string, string>> = {
  add: 'new',
  change: 'changes what stands there',
  none: 'stands there already',
}

/** Where nothing stops traffic. That a device stops one direction only is none of it when another stops the other. */
export function gapLines(gaps: readonly Gap[]): Cell[] {
  const open = gaps.filter(({ code }) => code !== 'one-way')
  return open.map(({ device, ingress, why }) => {
    const where = device ?? ingress
    return { text: where === undefined ? why : `${where}: ${why}`, style: 'warn' }
  })
}
