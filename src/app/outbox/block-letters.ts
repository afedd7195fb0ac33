import { type Block, targetText } from '../../domain/block.ts'
import type { Notice, NoticeKind } from '../../domain/message.ts'
import type { LetterData, Letterhead } from '../../notify/letters/letter-data.ts'
import type { App } from '../context.ts'
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

/** A mail about many, each once, as it stands by now. */
export function blocksLetter(app: App, head: Letterhead, sight: Sight, notices: readonly Notice[]): Draft {
  const last = new Map(notices.map(({ block, what }) => [block ?? 0, what]))
  const known = [...last].flatMap(([id, kind]) => {
    const block = app.ledger.head.blocks.get(id)
    const what = kind in WHAT ? WHAT[kind as keyof typeof WHAT] : 'changed'
    return block === undefined ? [] : [{ ...blockLine(app, sight, block), what }]
  })
  const count = (what: string): number => known.filter((line) => line.what === what).length
  const data: LetterData['blocks-many'] = {
    ...head,
    counts: { began: count('began'), changed: count('changed'), ended: count('ended') },
    lines: known.slice(0, MOST_LINES),
    more: Math.max(0, known.length - MOST_LINES),
  }
  return { name: 'blocks-many', data }
}
