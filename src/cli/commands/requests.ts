import { type Command, InvalidArgumentError, Option } from 'commander'
import type { RequestKind, Side } from '../../domain/request.ts'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import type { Api } from '../http/api.ts'
import type { Request } from '../http/wire-requests.ts'
import { requireNumber } from '../input/subject.ts'
import type { Session } from '../session.ts'
import { showRequest, showRequests } from '../views/request-view.ts'
import { addAnswers } from './request-answers.ts'
import { addFiling } from './request-filing.ts'

const KINDS = ['unblock', 'logs'] as const satisfies readonly RequestKind[]
const SIDES = ['site', 'department'] as const satisfies readonly Side[]

interface ListOptions {
  readonly open?: boolean
  readonly kind?: string
  readonly block?: string
  readonly department?: string
  readonly turn?: string
  readonly limit: number
  readonly all?: boolean
}

export function addRequests(program: Command, act: Act): void {
  const requests = program
    .command('requests')
    .description('what is asked about blocks: to lift one, or for logs; without a word, the list')
  requests
    .command('list', { isDefault: true })
    .description('list requests, newest first: open ones, and those settled within 30 days')
    .option('--open', 'only those that are not settled')
    .addOption(new Option('--kind <kind>', 'to lift a block, or for logs').choices(KINDS))
    .option('--block <number>', 'those about this block')
    .option('--department <name>', 'those that concern this department')
    .addOption(new Option('--turn <side>', 'open ones that wait for this side').choices(SIDES))
    .option('--limit <number>', 'at most this many', readLimit, 50)
    .option('--all', 'however many there are')
    .action(act(list))
  requests
    .command('show')
    .description('show one request: its clock, what else holds the target, and all that was said')
    .argument('<number>', 'such as 1043 or Cordon#1043')
    .action(act(show))
  addFiling(requests, act)
  addAnswers(requests, act)
}

function readLimit(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Expected a number from 1 on.')
  return Number(text)
}

async function list(
  { io, out, api }: Session,
  _: readonly string[],
  options: ListOptions,
): Promise<ExitCode> {
  const { open, kind, block, department, turn, limit, all } = options
  const query = {
    ...{ open: open === true ? 'true' : undefined, kind, department, turn },
    block: block === undefined ? undefined : String(requireNumber(block)),
  }
  const most = all === true ? Number.POSITIVE_INFINITY : limit
  const { requests, more } = await readPages(await api(), query, most)
  out.show(showRequests(requests, io.now))
  if (more) out.note(`more follow; say --limit ${limit * 10} or --all to see them`, 'dim')
  return EXIT.ok
}

/** The most that the API gives at once. */
const PAGE = 1_000

/** Pages through the API until there are enough, or no more. */
async function readPages(
  { requests: api }: Api,
  query: Readonly<Record<string, string | undefined>>,
  most: number,
): Promise<{ readonly requests: readonly Request[]; readonly more: boolean }> {
  const requests: Request[] = []
  let cursor: string | undefined
  do {
    const limit = String(Math.min(PAGE, most - requests.length))
    const page = await api.list({ ...query, limit, cursor })
    requests.push(...page.requests)
    cursor = page.next
  } while (cursor !== undefined && requests.length < most)
  return { requests, more: cursor !== undefined }
}

async function show({ io, out, api }: Session, [number = '']: readonly string[]): Promise<ExitCode> {
  const id = requireNumber(number, 'request')
  out.show(showRequest(await (await api()).requests.show(id), io.now))
  return EXIT.ok
}
