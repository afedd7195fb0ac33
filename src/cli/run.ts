import { CommanderError } from 'commander'
import { CliError, EXIT, type ExitCode } from './exit.ts'
import type { Io } from './io.ts'
import { buildProgram } from './program.ts'

/** Runs one command line, without the name of the program. @returns the exit code */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const exit: { code: ExitCode } = { code: EXIT.ok }
  const program = buildProgram(io, (code) => {
    exit.code = code
  })
  try {
    await program.parseAsync(argv, { from: 'user' })
    return exit.code
  } catch (error) {
    return report(error, io)
  }
}

function report(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has written its message already; help that was asked for is no error.
    return error.exitCode === 0 ? EXIT.ok : EXIT.failure
  }
  if (error instanceof CliError) {
    if (error.message !== '') io.stderr.write(`cordon: ${error.message}\n`)
    return error.exit
  }
  io.stderr.write(`cordon: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  return EXIT.failure
}
