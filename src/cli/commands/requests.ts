import { type Command, Option } from 'commander'
import type { RequestKind, Side } from '../../domain/request.ts'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { readPages } from '../http/pages.ts'
import { type LimitOptions, limited, moreText, mostOf } from '../input/limit.ts'
import { requireNumber } from '../input/subject.ts'
import type { Session } from '../session.ts'
import { showRequest, showRequests } from '../views/request-view.ts'
import { addAnswers } from './request-answers.ts'
import { addFiling } from './request-filing.ts'

const KINDS = ['unblock', 'logs'] as const satisfies readonly RequestKind[]
const SIDES = ['site', 'department'] as const satisfies readonly Side[]

/** The most that the API gives at once. */
const PAGE = 1_000

interface ListOptions extends LimitOptions {
  readonly open?: boolean
  readonly kind?: string
  readonly block?: string
  readonly department?: string
  readonly turn?: string
}

export function addRequests(program: Command, act: Act): void {
  const requests = program
    .command('requests')
    .description('what is asked about blocks: to lift one, or for logs; without a word, the list')
  const listing = requests
    .command('list', { isDefault: true })
    .description('list requests, newest first: open ones, and those settled within 30 days')
    .option('--open', 'only those that are not settled')
    .addOption(new Option('--kind <kind>', 'to lift a block, or for logs').choices(KINDS))
    .option('--block <number>', 'those about this block')
    .option('--department <name>', 'those that concern this department')
    .addOption(new Option('--turn <side>', 'open ones that wait for this side').choices(SIDES))
  limited(listing).action(act(list))
  requests
    .command('show')
    .description('show one request: its clock, what else holds the target, and all that was said')
    .argument('<number>', 'such as 1043 or Cordon#1043')
    .action(act(show))
  addFiling(requests, act)
  addAnswers(requests, act)
}

async function list(
  { io, out, api }: Session,
  _: readonly string[],
  options: ListOptions,
): Promise<ExitCode> {
  const { open, kind, block, department, turn } = options
  const query = {
    ...{ open: open === true ? 'true' : undefined, kind, department, turn },
    block: block === undefined ? undefined : String(requireNumber(block)),
  }
  const { requests: client } = await api()
  const { items, more } = await readPages(mostOf(options), PAGE, async (limit, cursor?: string) => {
    const { requests, next } = await client.list({ ...query, limit, cursor })
    return { items: requests, next }
  })
  out.show(showRequests(items, io.now))
  if (more) out.note(moreText(options), 'dim')
  return EXIT.ok
}

async function show({ io, out, api }: Session, [number = '']: readonly string[]): Promise<ExitCode> {
  const id = requireNumber(number, 'request')
  out.show(showRequest(await (await api()).requests.show(id), io.now))
  return EXIT.ok
}
