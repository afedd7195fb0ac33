import { CliError, EXIT, interrupted } from './exit.ts'
import type { Io } from './io.ts'

/** Asks before something is blocked. @throws CliError for any answer but yes */
export async function confirm(io: Io, question: string): Promise<void> {
  const answer = await io.ask(`${question} [y/N] `, io.signal)
  if (io.signal.aborted) throw interrupted('interrupted; nothing was blocked')
  if (!/^y(es)?$/i.test(answer?.trim() ?? '')) throw new CliError(EXIT.no, 'nothing was blocked')
}
