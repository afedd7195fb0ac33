import type { Block } from '../domain/block.ts'
import type { Recorded } from '../ledger/events.ts'
import type { State } from '../ledger/state.ts'

/** What needs a person now. */
export type PageKind = 'emergency' | 'breaker' | 'panic' | 'frozen' | 'overridden' | 'flagged' | 'late'

/** What a pager is told. Nothing in it is personal data: pages go through the hands of others. */
export interface Page {
  readonly kind: PageKind
  /** For people, in one sentence. */
  readonly words: string
  /** Of the first of those that are counted, as are `at` and `seq`. */
  readonly block?: number
  /** RFC 3339. */
  readonly at: string
  /** Of the event; of what is no event, of the last one before. */
  readonly seq: number
  /** How many of its kind came within a short time. */
  readonly count: number
}

/** How the engine says that someone else removed a rule twice. */
const OVERRIDDEN = 'rejected: overridden'

function emergencyWords(block: number): string {
  return `Cordon#${block} began without a second person; look at it, and agree or end it`
}

function flaggedWords(block: number): string {
  return `the address that Cordon#${block} is about has changed hands, and the block did not follow; look at it`
}

/** Whether an event needs a person now, and what they are told. */
export function pageOf({ seq, at, event }: Recorded): Page | undefined {
  const page = (kind: PageKind, words: string, more: { block?: number; count?: number } = {}): Page => ({
    ...{ kind, words, at: new Date(at).toISOString(), seq, count: 1 },
    ...more,
  })
  switch (event.type) {
    case 'block.created':
      return event.emergency === true
        ? page('emergency', emergencyWords(event.block), { block: event.block })
        : undefined
    case 'breaker.tripped':
      return page(
        'breaker',
        `the breaker ${event.breaker} tripped (${event.limit}): nothing automatic of it is taken until it is reset`,
      )
    case 'block.flagged':
      // The words of the event may name what is personal.
      return event.why === undefined
        ? undefined
        : page('flagged', flaggedWords(event.block), { block: event.block })
    case 'automation.panicked':
      return page('panic', `panic: ${event.blocks.length} automatic blocks were ended`)
    case 'automation.frozen':
      return page('frozen', 'automation was frozen: no automatic block is taken until it is thawed')
    case 'milestones': {
      const blocks = event.blocks.filter((_, index) => event.words?.[index]?.startsWith(OVERRIDDEN) === true)
      const [block] = blocks
      if (event.reached !== 'failed' || block === undefined) return undefined
      return page(
        'overridden',
        `${event.device}: someone else removed what Cordon#${block} put there twice; it stays off`,
        { block, count: blocks.length },
      )
    }
    default:
      return undefined
  }
}

/** Of a router that has not done in time what a device announced or withdrew. @param at milliseconds since 1970 */
export function latePage(device: string, alarm: string, at: number, seq: number): Page {
  return { kind: 'late', words: `${device}: ${alarm}`, at: new Date(at).toISOString(), seq, count: 1 }
}

/** Two of one kind as one. */
export function joined(first: Page, second: Page): Page {
  return { ...first, count: first.count + second.count }
}

/** What is standing and needs a person, in words. */
export function standingAlarms({ frozen, breakers, blocks }: Readonly<State>): string[] {
  const emergencies = [...waitingEmergencies(blocks)]
  const flagged = [...flaggedBlocks(blocks)]
  return [
    ...(frozen === undefined ? [] : ['automation is frozen until somebody thaws it']),
    ...[...breakers].map(
      ([name, { limit }]) => `the breaker ${name} has tripped (${limit}) and waits to be reset`,
    ),
    ...(emergencies.length === 0
      ? []
      : [`emergency blocks wait for a second person: ${namesOf(emergencies)}`]),
    ...(flagged.length === 0 ? [] : [`blocks whose address has changed hands: ${namesOf(flagged)}`]),
  ]
}

/** So many are named; all are counted. */
const NAMED = 10

function namesOf(blocks: readonly number[]): string {
  const names = blocks.slice(0, NAMED).map((id) => `Cordon#${id}`)
  return [...names, ...(blocks.length > NAMED ? [`and ${blocks.length - NAMED} more`] : [])].join(', ')
}

function* flaggedBlocks(blocks: ReadonlyMap<number, Block>): Generator<number> {
  for (const { id, flag, wanted } of blocks.values()) if (flag !== undefined && wanted !== 'off') yield id
}

/** Those that are on and that nobody else has agreed to. */
function* waitingEmergencies(blocks: ReadonlyMap<number, Block>): Generator<number> {
  for (const { id, emergency, proposal, wanted } of blocks.values())
    if (emergency === true && proposal !== undefined && wanted === 'on') yield id
}
