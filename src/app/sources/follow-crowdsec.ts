import { AdapterError } from '../../../adapters/adapter.ts'
import { sleep } from '../../domain/clock.ts'
import type { CrowdsecSource } from '../../triggers/source.ts'
import type { App } from '../context.ts'
import type { SourceNotes } from './board.ts'
import { CrowdsecState } from './crowdsec-state.ts'
import type { FollowOptions } from './follow-options.ts'
import { askLapi, LapiError } from './lapi.ts'
import { sourceCaller } from './source-caller.ts'

const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [1_000, 60_000]

/** Asks a CrowdSec every so often until it is aborted, and hands over what has changed. */
export async function followCrowdsec(
  app: App,
  source: CrowdsecSource,
  options: FollowOptions,
  signal: AbortSignal,
): Promise<void> {
  const notes = app.sources.of(source.name)
  const state = new CrowdsecState(app, source, notes)
  // CrowdSec remembers what it has told a bouncer: after any doubt the next answer has to be whole.
  let whole = true
  for (let failures = 0; !signal.aborted; ) {
    const trouble = await oneRound(app, source, state, { options, whole, signal })
    whole = trouble !== undefined
    failures = whole ? failures + 1 : 0
    if (signal.aborted) return
    tell(notes, state, trouble)
    await sleep(app.clock, Math.max(source.every, waitAfter(failures)), signal)
  }
}

function waitAfter(failures: number): number {
  return failures === 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS)
}

/** Why a round came to nothing, or to less than it should. */
interface Trouble {
  readonly state: 'waiting' | 'failed'
  readonly why: string
}

function tell(notes: SourceNotes, state: CrowdsecState, trouble: Trouble | undefined): void {
  if (trouble === undefined) notes.is('following', state.whyKept)
  else notes.is(trouble.state, trouble.why)
}

async function oneRound(
  app: App,
  source: CrowdsecSource,
  state: CrowdsecState,
  { options, whole, signal }: { options: FollowOptions; whole: boolean; signal: AbortSignal },
): Promise<Trouble | undefined> {
  const found = sourceCaller(app, source.token)
  if ('why' in found) return { state: 'waiting', why: found.why }
  state.speakAs(found)
  try {
    const asked = app.clock.now()
    const answer = await askLapi(source, options, { whole, clock: app.clock, signal })
    await state.read(answer, { isWhole: whole, now: asked })
  } catch (error) {
    if (!(error instanceof LapiError || error instanceof AdapterError)) throw error
    return { state: 'failed', why: error.message }
  }
  const why = await state.handOver(signal)
  return why === undefined ? undefined : { state: 'waiting', why }
}
