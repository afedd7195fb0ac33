import type { Command } from 'commander'
import type { ExitCode } from './exit.ts'
import type { Io } from './io.ts'
import type { Format } from './output/encode.ts'
import { Output } from './output/output.ts'
import type { Colour } from './output/paint.ts'
import { openSession, type Session } from './session.ts'

/** What a command does with its operands and options. */
export type Run<O> = (session: Session, operands: readonly string[], options: O) => Promise<ExitCode>

/** Turns what a command does into commander's action. */
export type Act = <O extends object>(run: Run<O>) => (...given: unknown[]) => Promise<void>

interface CommonOptions {
  readonly output: Format
  readonly color: Colour
}

export function actWith(io: Io, end: (code: ExitCode) => void): Act {
  return (run) =>
    async (...given) => {
      const command = given.at(-1) as Command
      const options = command.optsWithGlobals<CommonOptions>()
      const session = openSession(io, new Output(io, options.output, options.color))
      try {
        end(await run(session, command.args, options as never))
      } finally {
        session.close()
      }
    }
}
