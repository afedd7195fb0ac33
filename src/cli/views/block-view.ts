import type { Block, HistoryEvent, Hits, Holding } from '../http/wire.ts'
import { clean } from '../output/clean.ts'
import { indent, linesOf } from '../output/lines.ts'
import type { Shown } from '../output/output.ts'
import type { Paint, Style } from '../output/paint.ts'
import { type Cell, type Column, type Fields, renderFields, renderTable } from '../output/table.ts'
import { fullText, localText, relativeText } from '../output/time.ts'
import { historyText } from './history-view.ts'
import { hitsLine } from './hits-view.ts'
import { gapLines, leaseText, untilText } from './plan-view.ts'
import { briefCell } from './request-words.ts'
import { actionText, matchText, specText } from './spec.ts'

const STANDINGS: Readonly<Record<string, Style>> = {
  proposed: 'warn',
  'in-force': 'good',
  pending: 'warn',
  partial: 'warn',
  leaving: 'warn',
  failed: 'bad',
  ended: 'dim',
}

export function standingCell(standing: string): Cell {
  return { text: standing, style: STANDINGS[standing] ?? 'plain' }
}

/** A list of blocks, one a line. `page` is the API's object that they came in. */
export function showBlocks(blocks: readonly Block[], page: unknown, now: () => number): Shown {
  return {
    value: page,
    text: (paint, wide) => renderTable(columns(now), blocks, paint, wide),
    names: () => blocks.map((block) => block.name),
  }
}

function columns(now: () => number): Column<Block>[] {
  return [
    { title: 'BLOCK', cell: ({ name }) => name },
    { title: 'TARGET', cell: ({ target }) => target },
    { title: 'WAY', cell: ({ direction }) => direction },
    { title: 'ACTION', cell: ({ action }) => actionText(action) },
    { title: 'MATCH', cell: ({ match }) => matchText(match), most: 40 },
    { title: 'STANDING', cell: standingOf },
    { title: 'ENDS', cell: (block) => endText(block, now()) },
    { title: 'TICKET', cell: ({ ticket }) => ticket ?? '', most: 16 },
    { title: 'CATEGORY', cell: ({ category }) => category ?? '', wide: true },
    { title: 'BY', cell: ({ origin }) => origin.name ?? origin.token, most: 20, wide: true },
    { title: 'MADE', cell: ({ createdAt }) => localText(Date.parse(createdAt)), wide: true },
    {
      title: 'POLICY',
      cell: ({ cause }) => (cause === undefined ? '' : `${cause.policy}/${cause.rule}`),
      wide: true,
    },
    { title: 'SCOPE', cell: ({ scope }) => scope, wide: true },
    { title: 'REASON', cell: ({ reason }) => reason, most: 40 },
  ]
}

/** Flagged ones stand out in a list. */
function standingOf({ standing, flag }: Block): Cell {
  return flag === undefined ? standingCell(standing) : { text: `${standing} !`, style: 'warn' }
}

function endText({ until, endedAt, ending }: Block, now: number): string {
  if (endedAt !== undefined) return `${ending ?? 'ended'} ${relativeText(Date.parse(endedAt), now)}`
  return until === null ? 'never' : relativeText(Date.parse(until), now)
}

/** What is shown with a block where somebody asks for it whole. */
interface Details {
  readonly history?: readonly HistoryEvent[] | undefined
  readonly hits?: Hits | undefined
  /** Also what to do about it. */
  readonly advice?: boolean
}

/** One block, with what each device holds of it. */
export function showBlock(
  block: Block,
  now: () => number,
  { history, hits, advice = false }: Details = {},
): Shown {
  return {
    value: history === undefined ? block : { ...block, history },
    text: (paint) =>
      blockText(block, now, paint, hits) +
      (advice ? adviceText(block.advice, paint) : '') +
      (history === undefined ? '' : historyText(history, paint)),
    names: () => [block.name],
  }
}

export function blockText(block: Block, now: () => number, paint: Paint, hits?: Hits): string {
  const { origin, endedAt, ending } = block
  return renderFields(
    [
      ['block', block.name],
      ['does', specText(block)],
      ['scope', block.scope === 'local' ? undefined : block.scope],
      ['permits', block.collateral.length === 0 ? undefined : block.collateral.join(', ')],
      ['covers', block.covers?.join(', ')],
      ['about', leaseText(block.lease, now)],
      ['standing', standingCell(block.standing)],
      ['repeats', repeatsCell(block, now)],
      ['look', block.flag === undefined ? undefined : { text: block.flag, style: 'warn' }],
      ['emergency', block.emergency === true ? EMERGENCY : undefined],
      ...proposalFields(block, now),
      ['reason', block.reason],
      ['ticket', block.ticket],
      ['category', block.category],
      ['by', `${origin.name ?? origin.token} (${origin.kind})`],
      ['policy', causeText(block.cause)],
      ['requests', block.requests?.map((request) => briefCell(request, now()))],
      ['made', fullText(Date.parse(block.createdAt), { now })],
      endedAt === undefined
        ? ['until', untilText(block.until, now)]
        : ['ended', `${fullText(Date.parse(endedAt), { now })}, ${ending ?? 'ended'}`],
      ['devices', block.standing === 'proposed' ? undefined : block.holdings.map(holdingCell)],
      ['hits', hits === undefined ? undefined : hitsLine(hits, now)],
      ['open', gapLines(block.gaps)],
    ],
    paint,
  )
}

/** Whoever looks at it should know that it was given back before. */
function repeatsCell({ repeats }: Block, now: () => number): Cell | undefined {
  if (repeats === undefined) return undefined
  const { block, request, releasedAt } = repeats
  const when = relativeText(Date.parse(releasedAt), now())
  return { text: `Cordon#${block}, lifted on request Cordon#${request} ${when}`, style: 'warn' }
}

/** Which rule has made it, and how to see of what. */
export function causeText(cause: Block['cause']): string | undefined {
  if (cause === undefined) return undefined
  const { trigger, policy, rule } = cause
  return `${policy}/${rule}, by trigger ${trigger} (cordon triggers show ${trigger})`
}

const EMERGENCY: Cell = { text: 'one person let it begin; it ends soon unless others agree', style: 'warn' }

function proposalFields({ proposal, agreed }: Block, now: () => number): Fields {
  if (proposal === undefined) return agreed === undefined ? [] : [['agreed', agreed.join(', ')]]
  const { asks, needed, participants, expires, digest } = proposal
  const by = `${proposal.agreed.length} of ${needed} people agree: ${proposal.agreed.join(', ') || 'nobody yet'}`
  return [
    [
      'agreement',
      [...asks.map((why): Cell => ({ text: `needed: ${why}`, style: 'warn' })), { text: by, style: 'plain' }],
    ],
    ['participant', participants.length === 0 ? undefined : `${participants.join(', ')} must agree too`],
    ['lapses', fullText(Date.parse(expires), { now })],
    ['digest', digest],
  ]
}

function holdingCell(holding: Holding): Cell {
  const { device, rule, state, error, inForce } = holding
  const seen = holding.enforcers.map(
    ({ name, seen: isSeen, why }) =>
      `${name} ${isSeen ? 'seen' : 'not seen'}${why === undefined ? '' : `: ${why}`}`,
  )
  const words = [
    `${device}: ${rule}:`,
    inForce ? 'in force' : (HELD[state] ?? state),
    `(${[holding.evidence, ...seen].join(', ')})`,
    ...(error === undefined ? [] : [`${error.class}: ${error.words}`]),
  ]
  return { text: words.join(' '), style: error !== undefined ? 'bad' : inForce ? 'good' : 'warn' }
}

const HELD: Readonly<Record<string, string>> = {
  yes: 'there, not yet proven',
  no: 'not there',
  maybe: 'perhaps there',
}

/** The lines of a text stay as they are written. */
function adviceText(advice: Block['advice'], paint: Paint): string {
  if (advice === undefined) return ''
  return `\n${paint('head', `advice: ${clean(advice.title)}`)}\n${indent(linesOf(advice.text))}`
}
