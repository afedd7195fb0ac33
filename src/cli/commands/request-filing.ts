import { type Command, Option } from 'commander'
import type { LogKind, Urgency } from '../../domain/request.ts'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { readList } from '../input/list.ts'
import { readPast } from '../input/past.ts'
import { requireNumber } from '../input/subject.ts'
import { requireWords } from '../input/words.ts'
import type { Session } from '../session.ts'
import { dueWords, showRequest } from '../views/request-view.ts'

const URGENCIES = ['urgent', 'important', 'other'] as const satisfies readonly Urgency[]
const LOG_KINDS = ['server', 'nat', 'dhcp', 'vpn', 'mail', 'other'] as const satisfies readonly LogKind[]

interface FileOptions {
  readonly file?: string
  readonly urgency?: Urgency
}

interface LogsOptions extends FileOptions {
  readonly department: readonly string[]
  readonly of: LogKind
  readonly about: string
  readonly from: string
  readonly to: string
  readonly block?: string
}

/** The commands that begin a request. */
export function addFiling(requests: Command, act: Act): void {
  requests
    .command('file')
    .description('ask for a block to be lifted, saying what was done about what led to it')
    .argument('<block>', 'such as 1042 or Cordon#1042')
    .argument('[text]', 'what was done; - is standard input')
    .option('--file <file>', 'what was done, from a file')
    .addOption(urgency())
    .action(act(file))
  requests
    .command('logs')
    .description('ask departments for logs')
    .argument('[text]', 'what is asked for; - is standard input')
    .requiredOption('--department <list>', 'who is asked', readList)
    .addOption(new Option('--of <kind>', 'whose logs').choices(LOG_KINDS).makeOptionMandatory())
    .requiredOption('--about <what>', 'an address, a host, a service')
    .requiredOption('--from <time>', 'from when on, or how long ago that is')
    .requiredOption('--to <time>', 'until when, or how long ago that is')
    .option('--block <number>', 'the block that they are about')
    .option('--file <file>', 'what is asked for, from a file')
    .addOption(urgency())
    .action(act(logs))
}

function urgency(): Option {
  return new Option('--urgency <urgency>', 'how soon somebody has to look at it; other if left out').choices(
    URGENCIES,
  )
}

async function file(
  session: Session,
  [number = '', operand]: readonly string[],
  options: FileOptions,
): Promise<ExitCode> {
  const { io, out } = session
  const block = requireNumber(number)
  const text = await requireWords(operand, options.file, io, 'what was done')
  const api = await session.api()
  const filed = await api.requests.file({ block, text, ...urgencyOf(options) })
  out.note(`${filed.name} is filed; ${dueWords(filed, io.now())}`)
  out.show(showRequest(filed, io.now))
  return EXIT.ok
}

async function logs(session: Session, [operand]: readonly string[], options: LogsOptions): Promise<ExitCode> {
  const { io, out } = session
  const { department: departments, of, about, from, to, block } = options
  const number = block === undefined ? {} : { block: requireNumber(block) }
  const span = { from: readPast(from, '--from', io.now()), to: readPast(to, '--to', io.now()) }
  const text = await requireWords(operand, options.file, io, 'what is asked for')
  const api = await session.api()
  const asked = { departments, logs: { of, about, ...span }, text, ...number, ...urgencyOf(options) }
  const filed = await api.requests.askForLogs(asked)
  out.note(`${filed.name} is filed; ${dueWords(filed, io.now())}`)
  out.show(showRequest(filed, io.now))
  return EXIT.ok
}

function urgencyOf({ urgency: given }: FileOptions): { readonly urgency?: Urgency } {
  return given === undefined ? {} : { urgency: given }
}
