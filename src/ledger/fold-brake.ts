import type { LedgerEvent } from './events.ts'
import { endBlock } from './fold-block.ts'
import type { State } from './state.ts'

/** Whether an event is about what stops machines from blocking. */
export function isBrake(event: LedgerEvent): event is Brake {
  return BRAKES.has(event.type)
}

type Brake = Extract<LedgerEvent, { type: `breaker.${string}` | `automation.${string}` | `source.${string}` }>

const BRAKES: ReadonlySet<string> = new Set<Brake['type']>([
  'breaker.tripped',
  'breaker.reset',
  'automation.frozen',
  'automation.thawed',
  'automation.panicked',
  'source.muted',
  'source.unmuted',
])

export function foldBrake(state: State, event: Brake, at: number): void {
  switch (event.type) {
    case 'breaker.tripped':
      state.breakers.set(event.breaker, { limit: event.limit, source: event.source, at })
      return
    case 'breaker.reset':
      state.breakers.delete(event.breaker)
      return
    case 'automation.frozen':
      state.frozen = { by: event.by, reason: event.reason, at }
      return
    case 'automation.thawed':
      state.frozen = undefined
      return
    case 'automation.panicked':
      for (const id of event.blocks) endBlock(state, id, 'released', at)
      return
    case 'source.muted':
      state.muted.set(event.token, { by: event.by, reason: event.reason, at })
      return
    case 'source.unmuted':
      state.muted.delete(event.token)
      return
  }
}
