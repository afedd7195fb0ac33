import type { App } from './context.ts'
import { type Caller, originOf } from './rights.ts'

/** Kinds of personal evidence that can be shown. */
export type Evidence = 'audit' | 'bindings' | 'triggers' | 'subject'

/** What was asked for. */
export interface ReadAbout {
  /** In words, such as the filter; personal data. */
  readonly words?: string
  /** The block that it is about, of evidence about one. */
  readonly block?: number
}

/** Room for an event without its words, in bytes. */
const EVENT = 512

/**
 * Records that the caller is about to be shown personal evidence, before they are: once a minute for each token, kind
 * and subject. What cannot be recorded must not be shown.
 * @throws LedgerFull
 */
export async function recordRead(app: App, caller: Caller, what: Evidence, about: ReadAbout): Promise<void> {
  const { token } = originOf(caller)
  const { words = '', block } = about
  await app.ledger.commit(
    () => {
      const isNew = app.reads.note(JSON.stringify([token, what, block, words]), app.clock.monotonic())
      const event = {
        type: 'read.recorded' as const,
        by: token,
        what,
        ...(words === '' ? {} : { about: words }),
        ...(block === undefined ? {} : { block }),
      }
      return { events: isNew ? [event] : [], answer: undefined }
    },
    { bytes: EVENT + 6 * words.length, always: false },
  )
}
