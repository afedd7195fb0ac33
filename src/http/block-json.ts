import { adviseOn } from '../app/advise.ts'
import type { App } from '../app/context.ts'
import type { Plan } from '../app/plan.ts'
import { probationOf } from '../app/probation.ts'
import type { Quota } from '../app/quota.ts'
import { requestsAbout } from '../app/requests/sight.ts'
import type { Caller } from '../app/rights.ts'
import type { BlockView } from '../app/show-blocks.ts'
import { type Block, type BlockSpec, PEOPLE_NEEDED } from '../domain/block.ts'
import type { BlockRequest } from '../domain/block-request.ts'
import { matchText, type PacketMatch } from '../domain/match.ts'
import { stateOf } from '../domain/request.ts'
import type { Action } from '../domain/rule.ts'
import { targetText } from '../domain/target.ts'
import { pick } from './pick.ts'
import type { BlockJson, PlanJson } from './schemas.ts'
import type { QuotaJson } from './schemas-quota.ts'

export function timeText(ms: number): string {
  return new Date(ms).toISOString()
}

export function endText(until: number | null): string | null {
  return until === null ? null : timeText(until)
}

/** A block with what the caller may know of it. */
export function blockJson(app: App, view: BlockView, caller: Caller): BlockJson {
  const { block: it, standing, holdings, gaps } = view
  const name = app.ledger.head.tokens.get(it.origin.token)?.name
  return {
    id: it.id,
    name: `Cordon#${it.id}`,
    ...specJson(it),
    origin: { kind: it.origin.kind, token: it.origin.token, ...(name === undefined ? {} : { name }) },
    reason: it.reason,
    ...(it.ticket === undefined ? {} : { ticket: it.ticket }),
    ...pick(it, 'category'),
    ...adviceJson(app, it),
    createdAt: timeText(it.createdAt),
    until: endText(it.until),
    wanted: it.wanted,
    ...agreementJson(app, it),
    ...leaseJson(it.lease),
    ...(it.flag === undefined ? {} : { flag: it.flag }),
    ...causeJson(it),
    ...repeatsJson(app, it),
    ...requestsJson(app, caller, it),
    version: it.version,
    ...(it.endedAt === undefined ? {} : { endedAt: timeText(it.endedAt) }),
    ...(it.ending === undefined ? {} : { ending: it.ending }),
    standing,
    holdings,
    gaps,
  }
}

function adviceJson(app: App, block: Block) {
  const found = adviseOn(app, block)
  if (found === undefined) return {}
  const { name, title, text } = found
  return { advice: { name, title, text } }
}

/** What is asked about it; nothing, and no list, for nearly every block. */
function requestsJson(app: App, caller: Caller, { id: block }: Block) {
  const asked = requestsAbout(app, caller, block)
  if (asked.length === 0) return {}
  const requests = asked.map((request) => {
    const { id, kind, clock } = request
    return { id, name: `Cordon#${id}`, kind, state: stateOf(request), due: endText(clock.due) }
  })
  return { requests }
}

/** What it repeats: a block of the same target that was lifted on request not long before. */
function repeatsJson({ ledger, limits }: App, it: Block) {
  const granted = probationOf(ledger.head, limits, it)
  if (granted === undefined) return {}
  const { block, request, at } = granted
  return { repeats: { block, request, releasedAt: timeText(at) } }
}

/** What has led to it: a trigger, and the policy and its rule that decided about that. */
function causeJson({ trigger, policy: name }: Block) {
  if (trigger === undefined) return {}
  const [policy = '', rule = ''] = name.split('/')
  return { cause: { trigger, policy, rule } }
}

/** What a block is about. */
export function specJson({ target, match, direction, action, collateral, scope, stations }: BlockSpec) {
  return {
    target: targetText(target),
    ...(match === undefined ? {} : { match: matchJson(match) }),
    direction,
    action: actionJson(action),
    collateral,
    scope,
    ...(stations === undefined ? {} : { stations }),
  }
}

export function actionJson(action: Action): NonNullable<BlockRequest['action']> {
  switch (action.do) {
    case 'drop':
    case 'suspend':
    case 'quarantine':
      return action.do
    case 'rate-limit':
      return { rateLimit: action.bytesPerSecond }
    case 'redirect':
      return { redirect: action.to }
    case 'mark':
      return { mark: action.dscp }
  }
}

/** Canonical texts by the names that requests use, taken from the canonical text of the whole. */
function matchJson(match: PacketMatch): Record<string, string> {
  const words = matchText(match)
    .split(' ')
    .map((word) => {
      const equals = word.indexOf('=')
      const name = word.slice(0, equals).replaceAll(/-(.)/g, (_, letter: string) => letter.toUpperCase())
      return [name, word.slice(equals + 1)]
    })
  return Object.fromEntries(words) as Record<string, string>
}

/** What people have agreed to, and what they are asked. */
function agreementJson(app: App, { proposal, agreed, emergency, expansion }: Block) {
  const nameOf = (id: string): string => app.ledger.head.people.get(id)?.name ?? id
  return {
    ...(proposal === undefined ? {} : { proposal: proposalJson(proposal, nameOf) }),
    ...(agreed === undefined ? {} : { agreed: agreed.map(nameOf) }),
    ...(emergency === undefined ? {} : { emergency }),
    ...(expansion === undefined ? {} : { covers: expansion }),
  }
}

function proposalJson(
  { digest, asks, expires, lasts, until, agreed, participants, needed }: NonNullable<Block['proposal']>,
  nameOf: (id: string) => string,
) {
  return {
    digest,
    asks,
    expires: timeText(expires),
    ...(lasts === undefined ? {} : { lastsMs: lasts }),
    ...(until === undefined ? {} : { until: endText(until) }),
    agreed: agreed.map(nameOf),
    needed: needed ?? PEOPLE_NEEDED,
    participants,
  }
}

/** Who it was stays inside: that is personal evidence, to be asked for where the asking is recorded. */
function leaseJson(lease: Block['lease']) {
  return lease === undefined ? {} : { lease: { address: lease.address, at: timeText(lease.at) } }
}

/** Where somebody was; as what they logged in there is in the target. */
function seenJson({ address, mac, port, from, until }: Plan['seen'][number]) {
  return {
    ...{ address, from: timeText(from), until: endText(until) },
    ...(mac === undefined ? {} : { mac }),
    ...(port === undefined ? {} : { port }),
  }
}

function affectedJson({ knownHosts, hosts, contacts }: NonNullable<Plan['affected']>) {
  return {
    knownHosts,
    hosts: hosts.map(({ name, address }) => ({ name, address })),
    contacts: contacts.map(({ of, why, contacts: people }) => ({
      ...{ of, why },
      people: people.map(({ name, mail, phone }) => ({
        name,
        mail,
        ...(phone === undefined ? {} : { phone }),
      })),
    })),
  }
}

export function quotaJson({ freesAt, ...rest }: Quota): QuotaJson {
  return { ...rest, ...(freesAt === undefined ? {} : { freesAt: timeText(freesAt) }) }
}

export function planJson(shown: Plan): PlanJson {
  const { spec, until, radius, expansion, digest, refusals, asks, placement, rules, gaps, near } = shown
  return {
    taken: refusals.length === 0,
    ...specJson(spec),
    until: endText(until),
    radius,
    ...leaseJson(shown.lease),
    ...(shown.affected === undefined ? {} : { affected: affectedJson(shown.affected) }),
    ...(shown.seen.length === 0 ? {} : { seen: shown.seen.map(seenJson) }),
    ...(expansion === undefined ? {} : { covers: expansion }),
    digest,
    refusals,
    asks,
    ...(placement === undefined ? {} : { placement }),
    rules,
    gaps,
    near: near.map(quotaJson),
  }
}
