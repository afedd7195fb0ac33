import type { Token } from '../http/wire-site.ts'
import type { Shown } from '../output/output.ts'
import { type Cell, renderTable } from '../output/table.ts'
import { relativeText } from '../output/time.ts'

export function showTokens(tokens: readonly Token[], answer: unknown, now: () => number): Shown {
  return {
    value: answer,
    names: () => tokens.map((token) => token.id),
    text: (paint, wide) =>
      renderTable<Token>(
        [
          { title: 'TOKEN', cell: ({ id }) => id },
          { title: 'NAME', cell: ({ name }) => name, most: 30 },
          { title: 'USED BY', cell: ({ origin }) => USERS[origin] ?? origin },
          { title: 'STATE', cell: (token) => stateCell(token, now()) },
          { title: 'ENDS', cell: ({ until }) => endText(until, now()) },
          { title: 'WHOSE', cell: ({ person }) => person ?? '' },
          { title: 'RIGHTS', cell: ({ roles, scopes }) => [...roles, ...scopes].join(','), most: 60 },
        ],
        tokens,
        paint,
        wide,
      ),
  }
}

/** One line about a token. */
export function tokenText({ id, name, origin, roles, scopes, until }: Token, now: () => number): string {
  return `token ${id} '${name}' for ${USERS[origin] ?? origin}, ${[...roles, ...scopes].join(', ')}, ends ${endText(until, now())}`
}

const USERS: Readonly<Record<string, string>> = { person: 'a person', automatic: 'a machine' }

function stateCell({ revoked, until }: Token, now: number): Cell {
  if (revoked) return { text: 'revoked', style: 'dim' }
  return until !== null && Date.parse(until) <= now
    ? { text: 'expired', style: 'dim' }
    : { text: 'valid', style: 'good' }
}

function endText(until: string | null, now: number): string {
  return until === null ? 'never' : relativeText(Date.parse(until), now)
}
