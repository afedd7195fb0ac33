import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { CliError, EXIT, type ExitCode, MAIL_EXIT } from '../exit.ts'
import type { Api } from '../http/api.ts'
import { ApiProblem } from '../http/problem.ts'
import type { TakenMail } from '../http/wire-messages.ts'
import { readPipedMail } from '../input/piped-mail.ts'
import type { Session } from '../session.ts'

interface Options {
  readonly defer?: boolean
}

export function addMailIn(program: Command, act: Act): void {
  program
    .command('mail-in')
    .description('hand over one mail from standard input, as a mail server pipes it (docs/mail-in.md)')
    .option('--defer', 'end with 75, which lets it come again, for everything that a person can mend')
    .addHelpText('after', EXITS)
    // A mail server gives a mail back for a code that it does not know.
    .exitOverride((error) => {
      throw error.exitCode === 0 ? error : new CliError(MAIL_EXIT.again, '')
    })
    .action(act(mailIn))
}

const EXITS = `
Exit codes, as sysexits.h has them: 0 it was taken, also for a person to look at, 65 it can
never be taken, 75 it is to come again, 77 the token has no right, 78 no controller or no
token is named.`

async function mailIn(session: Session, _: readonly string[], { defer }: Options): Promise<ExitCode> {
  try {
    const taken = await handOver(session)
    session.out.note(takenText(taken))
    session.out.show({ value: taken, text: () => '', names: () => [String(taken.received)] })
    return EXIT.ok
  } catch (error) {
    const { exit, message } = endingOf(error)
    const mendable = exit !== MAIL_EXIT.never
    throw new CliError(defer === true && mendable ? MAIL_EXIT.again : exit, message)
  }
}

async function handOver(session: Session): Promise<TakenMail> {
  // First, so that whoever pipes it can write it to its end whatever comes.
  const mail = await readPipedMail(session.io)
  const { messages } = await opened(session)
  const taken = await messages.take(mail)
  if (VERDICTS[taken.verdict] === undefined)
    throw new CliError(MAIL_EXIT.again, 'what answers does not say what became of the mail; check the URL')
  return taken
}

async function opened({ api }: Session): Promise<Api> {
  try {
    return await api()
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    throw new CliError(MAIL_EXIT.unset, error.message)
  }
}

/** What a mail server is told. Of what the mail says there is nothing in it. */
function endingOf(error: unknown): CliError {
  const again = (words: string): CliError => new CliError(MAIL_EXIT.again, words)
  if (error instanceof ApiProblem) return refusalOf(error)
  if (!(error instanceof CliError)) return again(`it failed: ${(error as Error).name}`)
  const isOurs = (Object.values(MAIL_EXIT) as number[]).includes(error.exit)
  return isOurs ? error : again(error.message)
}

function refusalOf({ status, code, message }: ApiProblem): CliError {
  // By its code alone: a proxy that refuses with the same status may have limits that can be mended.
  if (code === 'mail-unreadable')
    return new CliError(MAIL_EXIT.never, `it is no mail that can be read (${code})`)
  if (code === 'too-large') return new CliError(MAIL_EXIT.never, message)
  return new CliError(status === 401 || status === 403 ? MAIL_EXIT.noRight : MAIL_EXIT.again, message)
}

const VERDICTS: Readonly<Record<string, (mail: TakenMail) => string>> = {
  taken: ({ request, why }) => `the mail is part of request Cordon#${request} (${why})`,
  held: ({ received, why }) => `mail ${received} waits for a person (${why}): cordon mail show ${received}`,
  bounced: ({ received }) =>
    `mail ${received} reports that one of ours did not arrive: cordon mail show ${received}`,
  ignored: ({ repeated, why }) => (repeated ? 'the mail had come before' : `the mail is ignored (${why})`),
}

function takenText(taken: TakenMail): string {
  return VERDICTS[taken.verdict]?.(taken) ?? ''
}
