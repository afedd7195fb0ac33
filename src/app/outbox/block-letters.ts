import type { Block } from '../../domain/block.ts'
import type { Notice, NoticeKind } from '../../domain/message.ts'
import { targetText } from '../../domain/target.ts'
import type { LetterData, Letterhead } from '../../notify/letters/letter-data.ts'
import type { App } from '../context.ts'
import { findEndedBlocks } from '../find-block.ts'
import type { Draft } from './draft.ts'
import { blockAbout, blockLine, type Sight, speakerOf, stillOn, ticketFor } from './letter-parts.ts'

/** Lines of one mail; the rest is counted. */
const MOST_LINES = 50

/** A mail about one block. */
export function blockLetter(app: App, head: Letterhead, sight: Sight, block: Block, what: NoticeKind): Draft {
  const about = { about: block.id, ...ticketFor(app, sight, block) }
  const data = { ...head, block: blockAbout(app, sight, block) }
  switch (what) {
    case 'block.ended':
      return { name: 'block-ended', data: { ...data, ...endOf(app, sight, block) }, ...about }
    case 'block.proposed':
      return { name: 'desk-block-proposed', data: { ...data, ...proposalOf(app, block) }, ...about }
    case 'block.changed':
      return { name: 'block-changed', data, ...about }
    default:
      return { name: 'block-began', data, ...about }
  }
}

/** A mail about the block of a visitor to the organisation that the account lives at: only what is theirs to know. */
export function homeLetter(app: App, head: Letterhead, sight: Sight, block: Block, what: NoticeKind): Draft {
  const data = { ...head, block: blockAbout(app, sight, block) }
  const about = { about: block.id }
  if (what !== 'block.ended') return { name: 'home-block-began', data, ...about }
  return { name: 'home-block-ended', data: { ...data, at: block.endedAt ?? app.clock.now() }, ...about }
}

function endOf(app: App, sight: Sight, block: Block) {
  const granted = app.ledger.head.probation.get(targetText(block.target))
  const at = block.endedAt ?? app.clock.now()
  return {
    how: block.ending ?? 'released',
    at,
    ...stillOn(app, sight, block),
    probationUntil: granted?.block === block.id ? granted.at + app.limits.probation : null,
  }
}

function proposalOf(app: App, block: Block) {
  const { proposal, origin } = block
  return {
    by: speakerOf(app, { by: origin.token }),
    asks: proposal?.asks ?? [],
    lapses: proposal?.expires ?? 0,
  }
}

const WHAT = {
  'block.began': 'began',
  'block.ended': 'ended',
  'block.changed': 'changed',
} as const satisfies { readonly [K in NoticeKind]?: string }

function whatOf(kind: NoticeKind): (typeof WHAT)[keyof typeof WHAT] {
  return kind in WHAT ? WHAT[kind as keyof typeof WHAT] : 'changed'
}

/** What began and has ended by the time it is told has ended. */
export function wholeOf(kinds: readonly NoticeKind[]): NoticeKind {
  if (kinds.includes('block.ended')) return 'block.ended'
  return kinds.find((kind) => kind === 'block.began' || kind === 'block.proposed') ?? 'block.changed'
}

/** A mail about many, each once, as it stands by now. */
export async function blocksLetter(
  app: App,
  head: Letterhead,
  sight: Sight,
  notices: readonly Notice[],
): Promise<Draft> {
  const kinds = new Map<number, NoticeKind[]>()
  for (const { block, what } of notices) {
    if (block === undefined) continue
    const before = kinds.get(block)
    if (before === undefined) kinds.set(block, [what])
    else before.push(what)
  }
  const told = [...kinds].map(([id, of]) => ({ id, what: whatOf(wholeOf(of)) }))
  const count = (what: string): number => told.filter((one) => one.what === what).length
  const lines = await linesOf(app, sight, told.slice(0, MOST_LINES))
  const data: LetterData['blocks-many'] = {
    ...head,
    counts: { began: count('began'), changed: count('changed'), ended: count('ended') },
    lines,
    more: told.length - lines.length,
  }
  return { name: 'blocks-many', data }
}

/** Blocks that ended long ago are not in memory any more, and are told all the same. */
async function linesOf(
  app: App,
  sight: Sight,
  told: readonly { readonly id: number; readonly what: (typeof WHAT)[keyof typeof WHAT] }[],
): Promise<LetterData['blocks-many']['lines']> {
  const { blocks } = app.ledger.head
  const gone = told.flatMap(({ id }) => (blocks.has(id) ? [] : [id]))
  const found = await findEndedBlocks(app, gone)
  return told.flatMap(({ id, what }) => {
    const block = blocks.get(id) ?? found.get(id)
    return block === undefined ? [] : [{ ...blockLine(app, sight, block), what }]
  })
}
