import { type Prefix, prefixFamily } from '../domain/prefix.ts'
import type { TriggerInput, TriggerRole } from '../domain/trigger.ts'
import type { FormatContext, Reading } from './format.ts'
import { matchOf, type Traffic, unitedTraffic } from './traffic.ts'

/** Addresses at one end of the traffic, and what is told of it there. */
export interface End extends Traffic {
  readonly addresses: readonly Prefix[]
}

/** Who did something to whom. */
export interface Incident {
  readonly id: string
  readonly sources: readonly End[]
  readonly targets: readonly End[]
  /** The same for everybody in it. */
  readonly said: Omit<TriggerInput, 'id' | 'target' | 'role' | 'match' | 'peers' | 'detectedPort'>
}

/** As many as one record may be about, and as many others as one trigger tells of. */
const MOST_TRIGGERS = 200
const MOST_PEERS = 200

interface Party {
  readonly address: Prefix
  readonly role: TriggerRole
  readonly near: Traffic
}

/**
 * A trigger for each own address that does something or has something done to it, and for each outside one that does it to
 * us. `attack` is of victims alone: one attack on many counts once, but many offenders are many.
 */
export function readIncident(incident: Incident, { isOwn }: FormatContext): Reading {
  const { sources, targets } = incident
  const aimedAtUs = targets.some(({ addresses }) => addresses.some(isOwn))
  const [ownSources, outside] = divided(partiesOf(sources, 'offender'), ({ address }) => isOwn(address))
  const ownTargets = partiesOf(targets, 'victim').filter(({ address }) => isOwn(address))
  const parties = [...ownTargets, ...ownSources, ...(aimedAtUs ? outside : [])]
  if (parties.length === 0) return nobody([...sources, ...targets])
  const [doers, hit] = [othersOf(sources), othersOf(targets)]
  const left = parties.length - MOST_TRIGGERS
  return {
    triggers: parties
      .slice(0, MOST_TRIGGERS)
      .map((party) => triggerOf(party, incident, party.role === 'victim' ? doers : hit)),
    ignored:
      left <= 0
        ? []
        : [
            {
              what: `${left} more addresses`,
              why: `one record is about ${MOST_TRIGGERS} at the most; own ones come first`,
            },
          ],
  }
}

function nobody(ends: readonly End[]): Reading {
  const addresses = ends.flatMap((end) => end.addresses)
  if (addresses.length === 0)
    return { triggers: [], ignored: [{ what: 'the record', why: 'it names no address' }] }
  const named = addresses.slice(0, 3).join(', ')
  const what = addresses.length > 3 ? `${named} and ${addresses.length - 3} more` : named
  return { triggers: [], ignored: [{ what, why: 'nobody of ours does this or has it done to them' }] }
}

/** Each address once, with all that is told of it. */
function partiesOf(ends: readonly End[], role: TriggerRole): Party[] {
  const told = new Map<Prefix, Traffic[]>()
  for (const end of ends)
    for (const address of end.addresses) {
      const before = told.get(address)
      if (before === undefined) told.set(address, [end])
      else before.push(end)
    }
  return [...told].map(([address, all]) => ({ address, role, near: unitedTraffic(all) }))
}

/** What is at the other end of everybody at one end. */
interface Others {
  readonly traffic: Traffic
  readonly addresses: readonly Prefix[]
}

function othersOf(ends: readonly End[]): Others {
  const addresses = new Set(ends.flatMap((end) => end.addresses))
  return { traffic: unitedTraffic(ends), addresses: [...addresses].slice(0, MOST_PEERS) }
}

function triggerOf(
  { address, role, near }: Party,
  { id, said }: Incident,
  { traffic, addresses: peers }: Others,
): TriggerInput {
  const { attack, ...rest } = said
  const match = matchOf(role, prefixFamily(address), near, traffic)
  const [port] = near.ports
  return {
    ...rest,
    id: `${id} ${role} ${address}`,
    target: address,
    role,
    ...(attack === undefined || role === 'offender' ? {} : { attack }),
    ...(match === undefined ? {} : { match }),
    ...(peers.length === 0 ? {} : { peers }),
    ...(role === 'offender' && port !== undefined && near.ports.length === 1 ? { detectedPort: port } : {}),
  }
}

function divided<T>(all: readonly T[], test: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(test), all.filter((one) => !test(one))]
}
