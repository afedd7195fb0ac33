import { type Block, isActive } from '../domain/block.ts'
import type { BlockAmended } from '../ledger/events.ts'
import type { State } from '../ledger/state.ts'
import type { Incident, IncidentBlock } from '../ledger/trigger-events.ts'
import { whyStopped } from './brake.ts'
import type { App } from './context.ts'
import type { Traffic } from './traffic.ts'

/** A block that ends soon, and the incident that it is of. */
export interface Ending {
  readonly block: Block
  readonly incident: Incident
  readonly plan: IncidentBlock & Required<Pick<IncidentBlock, 'goesOn'>>
}

/** The ending of a block that may last again; undefined where it ends in any case. */
export function endingOf(
  { blocks, incidents }: Readonly<State>,
  now: number,
  id: number,
  key: string,
): Ending | undefined {
  const [block, incident] = [blocks.get(id), incidents.get(key)]
  const plan = incident?.blocks.find((one) => one.block === id)
  if (block === undefined || incident === undefined || plan === undefined) return undefined
  const { goesOn } = plan
  if (goesOn === undefined || plan.leftOff === true || !isActive(block, now)) return undefined
  // Whoever has set its end meant that.
  if (block.until === null || block.endBy !== undefined || block.until >= plan.latest) return undefined
  return { block, incident, plan: { ...plan, goesOn } }
}

/** A sentence why what a block stops goes on, or undefined: then it ends. */
function whyItGoesOn({ incident, plan: { goesOn } }: Ending, traffic: Traffic): string | undefined {
  const { packetsPerSecond: least, uncounted } = goesOn
  const rate = traffic.packetsPerSecond
  if (least !== undefined && rate >= least)
    return `it goes on: ${Math.round(rate)} packets a second still meet it`
  if (least !== undefined && traffic.whole) return undefined
  if (uncounted === 'open' && incident.open)
    return 'it goes on as far as is known: nobody counts what it stops, and its source has not said that it is over'
  return undefined
}

/** Lets a block last again whose traffic goes on; undefined where it ends. Nothing lasts again that automation may not do. */
export function lastAgain(
  app: Pick<App, 'inventory'>,
  head: Readonly<State>,
  now: number,
  ending: Ending,
  traffic: Traffic,
): BlockAmended | undefined {
  const { block, plan } = ending
  const why = whyItGoesOn(ending, traffic)
  const until = Math.min(Math.max(now, block.until ?? 0) + plan.goesOn.lasts, plan.latest)
  if (why === undefined || block.until === null || until <= block.until) return undefined
  const { origin, expansion } = block
  if (whyStopped(app, head, origin, { spec: block, expansion }).length > 0) return undefined
  return { type: 'block.amended', block: block.id, by: origin.token, until, why }
}
