/** What the exit codes say; docs/cli.md lists them for scripts. */
export const EXIT = {
  ok: 0,
  /** The question was answered with no: nothing affects the address, nothing to release, the ledger is damaged. */
  no: 1,
  /** Wrong usage, or it could not be done. */
  failure: 2,
  /** A guard refused. */
  refused: 3,
  /** No token, a wrong one, or one without the right. */
  auth: 4,
  /** Recorded, but not on every device when the waiting ended. */
  partial: 5,
  /** Recorded, and waiting for the agreement of another person. */
  proposed: 6,
  /** Stopped by Ctrl-C. */
  interrupted: 130,
} as const

/** What `cordon mail-in` says to a mail server beside 0, in the words of sysexits.h. */
export const MAIL_EXIT = {
  /** It can never be taken (EX_DATAERR). */
  never: 65,
  /** It is to come again (EX_TEMPFAIL). */
  again: 75,
  /** The token has no right to hand it over (EX_NOPERM). */
  noRight: 77,
  /** No controller or no token is named, or not rightly (EX_CONFIG). */
  unset: 78,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT] | (typeof MAIL_EXIT)[keyof typeof MAIL_EXIT]

/** Ends the command with this code, after its message went to stderr. */
export class CliError extends Error {
  readonly exit: ExitCode

  constructor(exit: ExitCode, message: string) {
    super(message)
    this.name = 'CliError'
    this.exit = exit
  }
}

export function usage(message: string): CliError {
  return new CliError(EXIT.failure, message)
}

/** Ctrl-C, noticed while something was under way. `message` says what stays as it is. */
export function interrupted(message = 'interrupted'): CliError {
  return new CliError(EXIT.interrupted, message)
}
