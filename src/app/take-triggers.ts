import { InputError } from '../domain/input-error.ts'
import { isNamed } from '../domain/target.ts'
import { readTrigger, type Trigger, type TriggerInput } from '../domain/trigger.ts'
import { incidentKey } from '../ledger/fold-trigger.ts'
import type { Decided as Committed } from '../ledger/ledger.ts'
import type { Incident, Tried, TriggerDeed, TriggerTaken, TriggerVerdict } from '../ledger/trigger-events.ts'
import { type Decided, type Decision, decide } from '../policy/decide.ts'
import { AppError } from './app-error.ts'
import type { App } from './context.ts'
import { asInvalid, type Resolved } from './prepare.ts'
import { resolveRequests } from './resolve.ts'
import type { Caller } from './rights.ts'
import { withStations } from './stations.ts'
import { closeIncident } from './trigger-close.ts'
import { blocksOfIncident, carryOut, type Deed, type Scene } from './trigger-decision.ts'
import { factsFor } from './trigger-facts.ts'
import { requireRight } from './use-cases.ts'

/** What became of one trigger. */
export interface TakenTrigger {
  readonly ok: true
  readonly trigger: number
  readonly id: string
  readonly revision: number
  /** It was taken before, or is older than what was. */
  readonly replayed: boolean
  readonly verdict: TriggerVerdict
  readonly deed: TriggerDeed
  readonly policy?: string
  readonly rule?: string
  readonly why?: string
  readonly advice?: string
  readonly tried: readonly Tried[]
  readonly block?: number
}

export type Taken = TakenTrigger | { readonly ok: false; readonly error: AppError }

/**
 * Takes in what a source hands over, in its order: each is decided about by policies, recorded, and answered when it is
 * durable. What was taken before (by its id and revision), or is older, changes nothing.
 * @param format in which it came
 * @throws AppError
 */
export async function takeTriggers(
  app: App,
  caller: Caller,
  format: string,
  inputs: readonly TriggerInput[],
): Promise<readonly Taken[]> {
  requireRight(caller, 'takeTriggers')
  // A person's word is no detection, and a detection must not pass for a person's.
  if (caller.token.origin !== 'automatic')
    throw new AppError(
      403,
      'forbidden',
      'triggers are handed over by machines: make a token with the role trigger',
    )
  const leave = app.triggers.queue.enter(inputs.length)
  if (leave === undefined)
    throw new AppError(429, 'busy', 'too many triggers wait already; try again in a second')
  try {
    const read = inputs.map((input) => readOne(input))
    const resolved = await resolveTriggers(app, caller, inputs, read)
    return await Promise.all(
      read.map(async (trigger, index): Promise<Taken> => {
        const about = resolved[index]
        if (trigger instanceof AppError) return { ok: false, error: trigger }
        if (about === undefined || about instanceof AppError)
          return { ok: false, error: about ?? new AppError(500, 'internal', 'it was not read') }
        return await takeOne(app, caller, format, trigger, about)
      }),
    )
  } finally {
    leave()
  }
}

function readOne(input: TriggerInput): Trigger | AppError {
  try {
    return readTrigger(input)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return asInvalid(error) as AppError
  }
}

/** Whom the addresses are about, at the time of the detection. */
async function resolveTriggers(
  app: App,
  caller: Caller,
  inputs: readonly TriggerInput[],
  read: readonly (Trigger | AppError)[],
): Promise<readonly (Resolved | AppError)[]> {
  const asked = inputs.map(({ target, detectedAt, clockError, detectedPort }, index) => {
    const trigger = read[index]
    const isAbout =
      trigger !== undefined &&
      !(trigger instanceof AppError) &&
      !isNamed(trigger.target) &&
      trigger.kind !== 'close'
    if (!isAbout) return undefined
    return {
      ...{ target, detectedAt, reason: '' },
      ...(clockError === undefined ? {} : { clockError }),
      ...(detectedPort === undefined ? {} : { detectedPort }),
    }
  })
  const requests = asked.flatMap((one) => one ?? [])
  const known = await resolveRequests(app, caller, requests)
  const found = (await withWantedStations(app, caller, known)).values()
  return asked.map((one, index): Resolved | AppError => {
    if (one === undefined)
      return { request: { target: inputs[index]?.target ?? '', reason: '' }, refusals: [] }
    return found.next().value ?? new AppError(500, 'internal', 'it was not resolved')
  })
}

/** Where a policy quarantines stations, those of all hosts, as far as they are known: which rule decides is not known yet. */
async function withWantedStations(
  app: App,
  caller: Caller,
  resolved: readonly (Resolved | AppError)[],
): Promise<readonly (Resolved | AppError)[]> {
  const { policies } = app.triggers
  if (!policies.some(({ rules }) => rules.some(({ block }) => block?.quarantine === true))) return resolved
  return Promise.all(
    resolved.map(async (one) => {
      if (one instanceof AppError) return one
      const asked = { ...one, request: { ...one.request, quarantine: true } }
      const found = await withStations(app, caller, asked, 'without')
      return found instanceof AppError ? found : { ...found, request: one.request }
    }),
  )
}

function takeOne(
  app: App,
  caller: Caller,
  format: string,
  trigger: Trigger,
  resolved: Resolved,
): Promise<Taken> {
  return app.ledger.commit<Taken>(
    (head, now) => {
      const before = head.incidents.get(incidentKey(caller.token.id, trigger.id))
      if (before !== undefined && trigger.revision <= before.revision)
        return { events: [], answer: replayOf(before) }
      return decideTrigger({ app, head, now, caller, trigger, before, resolved }, format)
    },
    { bytes: 8_192 + 12 * JSON.stringify(trigger).length, always: trigger.kind === 'close' },
  )
}

function replayOf({ trigger, id, revision, blocks }: Incident): TakenTrigger {
  const block = blocks.at(-1)?.block
  return {
    ...{ ok: true, trigger, id, revision, replayed: true, verdict: 'none', deed: 'kept', tried: [] },
    ...(block === undefined ? {} : { block }),
  }
}

/** What the policies make of a trigger at the head, and what is to be recorded of it: the trigger itself comes last. */
export function decideTrigger(scene: Scene, format: string): Committed<Taken> {
  const { app, head, now, caller, trigger } = scene
  if (trigger.kind === 'close') return answer(scene, format, undefined, closeIncident(scene))
  const facts = factsFor(app, head, now, caller, { trigger, format })
  const decided = decide(app.triggers.policies, facts)
  return answer(scene, format, decided, deedOf(scene, decided.decision))
}

function deedOf(scene: Scene, decision: Decision | undefined): Deed {
  const nothing = { events: [], blocks: blocksOfIncident(scene) }
  if (decision === undefined) return { deed: 'nothing', ...nothing }
  const { block, verdict } = decision
  if (scene.trigger.simulated) return { deed: 'simulated', ...nothing }
  if (block !== undefined) return carryOut(scene, { ...decision, block })
  return { deed: verdict === 'refuse' ? 'refused' : 'nothing', ...nothing }
}

function answer(scene: Scene, format: string, decided: Decided | undefined, deed: Deed): Committed<Taken> {
  const { trigger } = scene
  const event = takenEvent(scene, format, decided, deed)
  const { advice } = decided?.decision ?? {}
  const { verdict, policy, rule, why, tried, block } = event
  return {
    events: [...deed.events, event],
    answer: {
      ...{ ok: true, trigger: event.trigger, id: trigger.id, revision: trigger.revision, replayed: false },
      ...{ verdict, deed: deed.deed, tried },
      ...(policy === undefined ? {} : { policy }),
      ...(rule === undefined ? {} : { rule }),
      ...(why === undefined ? {} : { why }),
      ...(advice === undefined ? {} : { advice }),
      ...(block === undefined ? {} : { block }),
    },
  }
}

function takenEvent(
  { head, caller, trigger }: Scene,
  format: string,
  decided: Decided | undefined,
  { deed, block, blocks, why: instead }: Deed,
): TriggerTaken {
  const decision = decided?.decision
  const why = instead ?? decision?.why
  const attack = decision?.incident ?? trigger.attack
  return {
    type: 'trigger.taken',
    trigger: head.nextTrigger,
    ...{ source: caller.token.id, format, kind: trigger.kind, category: trigger.category },
    ...{ role: trigger.role, revision: trigger.revision },
    ...{ verdict: decision?.verdict ?? 'none', deed },
    ...(decision === undefined ? {} : { policy: decision.policy }),
    ...(decision?.rule === undefined ? {} : { rule: decision.rule }),
    tried: (decided?.simulated ?? []).map(triedOf),
    ...(block === undefined ? {} : { block }),
    blocks,
    record: trigger,
    ...(why === undefined ? {} : { why }),
    ...(attack === undefined ? {} : { attack }),
  }
}

function triedOf({ policy, rule, verdict }: Decision): Tried {
  return { policy, ...(rule === undefined ? {} : { rule }), verdict }
}
