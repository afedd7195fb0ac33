import { isMentioned, type Subject } from '../../domain/mention.ts'
import { blocksOf, type LedgerEvent, type Recorded, SIDE_FIELDS } from '../../ledger/events.ts'

/** Names of rules for all that a device holds: nobody could tell one subject's from another's. */
const OF_EVERYBODY: ReadonlySet<LedgerEvent['type']> = new Set(['memo'])

/** Tells which events are about somebody. The whole ledger is fed to it first. */
export class AboutSubject {
  readonly #subject: Subject
  readonly #blocks = new Set<number>()
  readonly #requests = new Set<number>()

  constructor(subject: Subject) {
    this.#subject = subject
  }

  /** Finds the blocks and requests that are about them. */
  see({ event }: Recorded): void {
    if (!BEGINNINGS.has(event.type) || !this.#names(event)) return
    for (const block of blocksOf(event)) this.#blocks.add(block)
    if ('request' in event && typeof event.request === 'number') this.#requests.add(event.request)
  }

  /** The event with what of it is about them, or `undefined` where nothing is. */
  theirsOf(recorded: Recorded): Recorded | undefined {
    const { event } = recorded
    if (OF_EVERYBODY.has(event.type)) return undefined
    if (event.type === 'milestones') {
      const theirs = event.blocks.flatMap((block, index) =>
        this.#blocks.has(block) ? [{ block, index }] : [],
      )
      if (theirs.length === 0) return undefined
      const blocks = theirs.map(({ block }) => block)
      const { words } = event
      const own = words === undefined ? {} : { words: theirs.map(({ index }) => words[index] ?? '') }
      return { ...recorded, event: { ...event, blocks, ...own } }
    }
    if (event.type === 'redacted' || event.type === 'automation.panicked') return undefined
    const isTheirs =
      blocksOf(event).some((block) => this.#blocks.has(block)) ||
      ('request' in event && typeof event.request === 'number' && this.#requests.has(event.request)) ||
      this.#names(event)
    return isTheirs ? recorded : undefined
  }

  #names(event: LedgerEvent): boolean {
    const fields = event as unknown as Readonly<Record<string, unknown>>
    return SIDE_FIELDS[event.type].some((name) => isMentioned(fields[name], this.#subject))
  }
}

/** Events that say what a block or a request is about; words on one may name others too. */
const BEGINNINGS: ReadonlySet<LedgerEvent['type']> = new Set([
  'block.created',
  'block.proposed',
  'block.reproposed',
  'block.approved',
  'block.covers',
  'block.moved',
  'request.filed',
  'trigger.taken',
])
