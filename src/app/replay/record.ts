import type { LedgerEvent, Recorded } from '../../ledger/events.ts'
import type { TriggerTaken } from '../../ledger/trigger-events.ts'

/** A recorded event, and with a trigger what was recorded as its consequence. */
export interface Step {
  readonly recorded: Recorded
  /** The trigger that it is. */
  readonly trigger?: TriggerTaken
  /** Of a trigger: what was done about it, in its order. */
  readonly done: readonly Recorded[]
}

/** Tells in one group of the ledger what triggers have led to from what others did: it stands right before its trigger. */
export function stepsOf(group: readonly Recorded[]): Step[] {
  const steps: Step[] = []
  for (const recorded of group) {
    const { event } = recorded
    if (event.type !== 'trigger.taken') {
      steps.push({ recorded, done: [] })
      continue
    }
    const done: Recorded[] = []
    for (let last = steps.at(-1); last !== undefined && isOf(last, event); last = steps.at(-1)) {
      done.unshift(last.recorded)
      steps.pop()
      if (ALONE.has(event.deed)) break
    }
    steps.push({ recorded, trigger: event, done })
  }
  return steps
}

/** Deeds that are one event. */
const ALONE: ReadonlySet<string> = new Set(['began', 'proposed', 'extended'])

function isOf({ recorded, trigger }: Step, { deed, block, source }: TriggerTaken): boolean {
  if (trigger !== undefined) return false
  const { event } = recorded
  switch (deed) {
    case 'began':
    case 'proposed':
      return isBeginning(event) && event.block === block
    case 'extended':
      return event.type === 'block.amended' && event.block === block
    case 'released':
    case 'ends-soon':
      return (event.type === 'block.released' || event.type === 'block.amended') && event.by === source
    case 'refused':
      return event.type === 'breaker.tripped' && event.source === source
    default:
      return false
  }
}

function isBeginning(
  event: LedgerEvent,
): event is Extract<LedgerEvent, { type: 'block.created' | 'block.proposed' }> {
  return event.type === 'block.created' || event.type === 'block.proposed'
}
