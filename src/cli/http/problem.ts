import { CliError, EXIT, type ExitCode } from '../exit.ts'
import { clean } from '../output/clean.ts'
import type { Reply } from './connection.ts'
import type { Problem } from './wire.ts'
import type { Refusal } from './wire-action.ts'

/** The controller understood and did not do it. */
export class ApiProblem extends CliError {
  readonly status: number
  readonly code: string
  readonly refusals: readonly Refusal[]

  constructor(problem: Problem) {
    super(exitOf(problem), problemText(problem))
    this.name = 'ApiProblem'
    this.status = problem.status
    this.code = problem.code
    this.refusals = problem.refusals ?? []
  }
}

/** Reads what came instead of the answer. */
export function problemOf({ status, body }: Pick<Reply, 'status' | 'body'>): ApiProblem {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const text = (name: string): string | undefined => {
    const value = given[name]
    return typeof value === 'string' ? value : undefined
  }
  const path = text('path')
  return new ApiProblem({
    status,
    detail: text('detail') ?? text('title') ?? `the controller answered with status ${status}`,
    code: text('code') ?? String(status),
    ...(path === undefined ? {} : { path }),
    refusals: Array.isArray(given['refusals']) ? (given['refusals'] as Refusal[]) : [],
  })
}

function exitOf({ status, code, refusals = [] }: Problem): ExitCode {
  if (status === 401 || status === 403) return EXIT.auth
  if (refusals.length > 0 || code === 'guard-refused') return EXIT.refused
  return code === 'not-found' ? EXIT.no : EXIT.failure
}

/** One sentence, where it is wrong and the code that documents it; refusals one a line. */
export function problemText({ detail, code, path, refusals = [] }: Problem): string {
  if (refusals.length > 0) return refusalLines(refusals).join('\n')
  // The API's sentence begins with the path where the reader of the field put it there.
  const where = path === undefined || path === '' || detail.startsWith(path) ? '' : `${path}: `
  return `${clean(`${where}${detail}`)} (${clean(code)})`
}

export function refusalLines(refusals: readonly Refusal[]): string[] {
  return refusals.map(({ guard, code, message }) => clean(`refused by guard ${guard}: ${message} (${code})`))
}
