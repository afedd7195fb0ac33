import type { Block, Explanation } from '../http/wire.ts'
import type { Shown } from '../output/output.ts'
import { type Cell, type Fields, renderFields } from '../output/table.ts'
import { relativeText } from '../output/time.ts'
import { causeText, standingCell } from './block-view.ts'
import { specText } from './spec.ts'

/** A block that has ended affects its target until the last device has let go of it. */
export function isAffected({ active, ended }: Explanation): boolean {
  return active.length > 0 || ended.some((block) => block.standing === 'leaving')
}

export function showExplanation(explanation: Explanation, now: () => number): Shown {
  const { target, own, departments, active, ended, summary } = explanation
  return {
    value: explanation,
    names: () =>
      [...active, ...ended.filter((block) => block.standing === 'leaving')].map(({ name }) => name),
    text: (paint) => {
      const head = renderFields(
        [
          ['answer', { text: summary, style: 'head' }],
          ['address', `${target}, ${own ? 'own space' : 'outside of own space'}`],
          ['belongs to', departments.length === 0 ? undefined : departments.join(', ')],
          ['protected', explanation.protected.map(protectedText)],
          ['earlier', ended.map((block) => endedCell(block, now()))],
        ],
        paint,
      )
      const blocks = active.map((block) => `\n${renderFields(activeFields(block, now()), paint)}`)
      return head + blocks.join('')
    },
  }
}

function protectedText({ prefix, role, name }: Explanation['protected'][number]): string {
  return `${prefix} (${name})${role === 'any' ? '' : ` as ${role}`}: never blocked`
}

function activeFields(block: Explanation['active'][number], now: number): Fields {
  const { name, because, standing, reason, ticket, until } = block
  return [
    [name, specText(block)],
    ['because', because],
    ['standing', standingCell(standing)],
    ['reason', ticket === undefined ? reason : `${reason} (${ticket})`],
    ['policy', causeText(block.cause)],
    ['ends', until === null ? 'never' : relativeText(Date.parse(until), now)],
  ]
}

function endedCell(block: Block, now: number): Cell {
  const { name, ending, endedAt, standing, reason } = block
  const when = endedAt === undefined ? '' : ` ${relativeText(Date.parse(endedAt), now)}`
  const left = standing === 'leaving' ? ', NOT YET GONE from every device' : ''
  return {
    text: `${name}: ${ending ?? 'ended'}${when}${left}: ${reason}`,
    style: left === '' ? 'dim' : 'warn',
  }
}
