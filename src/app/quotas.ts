import type { AttemptLog } from '../guards/breaker.ts'
import { ALL_SOURCES, HOUR, MINUTE, mostInDepartment } from '../guards/breaker.ts'
import { mostOff } from '../guards/role-limits.ts'
import { emergenciesLately, emergencyFreeAt, ownHostsFreeAt, ownHostsLately } from '../ledger/own-hosts.ts'
import type { State } from '../ledger/state.ts'
import { type Added, waitingOf } from './at-head.ts'
import type { App } from './context.ts'
import type { Quota, QuotaName } from './quota.ts'
import type { Holder } from './role-rule.ts'

/** Which quotas are asked for: all of them, or those that a request touches. */
export interface Touched {
  readonly begins: boolean
  readonly proposals: boolean
  readonly emergencies: boolean
  readonly ownHosts: boolean
  readonly departments: readonly string[]
}

/** What a request touches. */
export function touchedBy({ blocks, proposals, emergencies, ownHosts, load }: Added): Touched {
  return {
    begins: blocks > proposals,
    proposals: proposals > 0,
    emergencies: emergencies > 0,
    ownHosts: ownHosts > 0,
    departments: load.departments,
  }
}

/** What is used of each quota, with what is added to the head. */
export function quotasOf(
  app: App,
  head: Readonly<State>,
  now: number,
  holder: Holder,
  added: Added,
  touched: Touched,
): Quota[] {
  const asked = { app, head, now, holder, added, touched }
  return [
    ...activeQuota(asked),
    ...proposalsQuota(asked),
    ...(holder.rule.kind === 'person' ? personQuotas(asked) : machineQuotas(asked)),
    ...shareQuotas(asked),
  ]
}

interface Asked {
  readonly app: App
  readonly head: Readonly<State>
  readonly now: number
  readonly holder: Holder
  readonly added: Added
  readonly touched: Touched
}

function activeQuota({ holder: { owner, rule }, added, touched }: Asked): Quota[] {
  const most = rule.most.active
  if (most === undefined || !touched.begins) return []
  return [{ name: 'active', used: added.load.active(owner), most, counts: 'blocks that are on at once' }]
}

function proposalsQuota({ app, head, holder: { owner }, added, touched }: Asked): Quota[] {
  if (!touched.proposals) return []
  const waiting = waitingOf(head, owner)
  const lapse = waiting.map(({ proposal }) => proposal?.expires ?? Number.POSITIVE_INFINITY)
  const used = waiting.length + added.proposals
  const { waiting: most } = app.limits.proposals
  const counts = 'blocks that wait for agreement'
  return [
    {
      name: 'proposals',
      used,
      most,
      counts,
      ...freeing(lapse.length === 0 ? undefined : Math.min(...lapse)),
    },
  ]
}

function personQuotas({ app: { limits }, head, now, holder: { owner }, added, touched }: Asked): Quota[] {
  const day: Quota = {
    name: 'own-hosts-day',
    used: ownHostsLately(head, owner, now) + added.ownHosts,
    most: limits.wide.ownHostsInADay,
    counts: "hosts of own space blocked within a day without another's agreement",
    ...freeing(ownHostsFreeAt(head, owner, now)),
  }
  const emergencies: Quota = {
    name: 'emergencies',
    used: emergenciesLately(head, owner, now).length + added.emergencies,
    most: limits.proposals.emergencies,
    counts: 'emergency blocks within a day',
    ...freeing(emergencyFreeAt(head, owner, now)),
  }
  return [...(touched.ownHosts ? [day] : []), ...(touched.emergencies ? [emergencies] : [])]
}

function machineQuotas(asked: Asked): Quota[] {
  const { app, holder, added, touched } = asked
  const { breaker } = app.limits
  const on = (name: QuotaName, used: number, most: number, whose: string): Quota[] =>
    touched.begins
      ? [{ name, used, most, counts: `automatic blocks that are on, ${whose}; beyond, a breaker trips` }]
      : []
  return [
    attemptsQuota(asked, 'attempts-minute', holder.owner, MINUTE, breaker.perMinute),
    attemptsQuota(asked, 'attempts-hour', holder.owner, HOUR, breaker.perHour),
    ...on('source-blocks', added.load.active(holder.owner), breaker.hosts, 'of this source'),
    attemptsQuota(asked, 'all-attempts-minute', ALL_SOURCES, MINUTE, breaker.allPerMinute),
    attemptsQuota(asked, 'all-attempts-hour', ALL_SOURCES, HOUR, breaker.allPerHour),
    ...on('all-blocks', added.load.automatic, breaker.allHosts, 'of all sources'),
    ...touched.departments.map(
      (department): Quota => ({
        name: 'department-automatic',
        department,
        used: added.load.automaticHostsIn(department),
        most: mostInDepartment(usersOf(app, department), breaker),
        counts: 'hosts of the department that automatic blocks hit, of all sources; beyond, a breaker trips',
      }),
    ),
  ]
}

function attemptsQuota(
  { app, now, added }: Asked,
  name: QuotaName,
  source: Parameters<AttemptLog['within']>[0],
  ms: number,
  most: number,
): Quota {
  const whose = source === ALL_SOURCES ? 'of all sources' : 'of this source'
  return {
    name,
    used: app.attempts.within(source, now, ms) + added.blocks,
    most,
    counts: `attempts in ${ms === MINUTE ? 'a minute' : 'an hour'} ${whose}, refused ones too; beyond, a breaker trips`,
    ...freeing(app.attempts.freeAt(source, now, ms)),
  }
}

function shareQuotas({ app, holder: { owner, rule }, added, touched }: Asked): Quota[] {
  return touched.departments.flatMap((department): Quota[] => {
    const most = mostOff(rule, usersOf(app, department))
    if (most === undefined) return []
    const used = added.load.hostsOff(owner, department)
    const counts = "hosts of the department that are off without another's agreement"
    return [{ name: 'department-share', department, used, most, counts }]
  })
}

function usersOf({ inventory }: App, department: string): number {
  return inventory.departments.get(department)?.users ?? 0
}

function freeing(freesAt: number | undefined): Pick<Quota, 'freesAt'> {
  return freesAt === undefined ? {} : { freesAt }
}
