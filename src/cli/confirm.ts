import { CliError, EXIT, interrupted } from './exit.ts'
import type { Io } from './io.ts'

/** Asks before something is done. @param otherwise what is true then @throws CliError for any answer but yes */
export async function confirm(io: Io, question: string, otherwise = 'nothing was blocked'): Promise<void> {
  const answer = await io.ask(`${question} [y/N] `, io.signal)
  if (io.signal.aborted) throw interrupted(`interrupted; ${otherwise}`)
  if (!/^y(es)?$/i.test(answer?.trim() ?? '')) throw new CliError(EXIT.no, otherwise)
}
