import { EXIT, type ExitCode } from '../exit.ts'
import { ApiProblem } from '../http/problem.ts'
import type { Session } from '../session.ts'

/** What is done to each of several, and how that is told. */
export interface Doing {
  /** Such as `message`. */
  readonly what: string
  readonly done: string
  readonly failed: string
  readonly act: (number: number) => Promise<void>
}

/** Does it to each of them; one that fails keeps no other from being done. @returns how the last one failed */
export async function doEach(
  { out }: Pick<Session, 'out'>,
  numbers: Iterable<number>,
  { what, done, failed, act }: Doing,
): Promise<ExitCode> {
  let exit: ExitCode = EXIT.ok
  for (const number of numbers) {
    try {
      await act(number)
      out.note(`${what} ${number} ${done}`)
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error
      out.note(`${what} ${number} ${failed}: ${error.message}`, 'bad')
      exit = error.exit
    }
  }
  return exit
}
