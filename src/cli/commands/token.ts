import { type Command, Option } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import type { NewToken, Token } from '../http/wire-site.ts'
import { type EndOptions, requireEnds } from '../input/end.ts'
import { readList } from '../input/list.ts'
import type { Session } from '../session.ts'
import { showTokens, tokenText } from '../views/token-view.ts'

interface CreateOptions extends EndOptions {
  readonly role?: readonly string[]
  readonly scope?: readonly string[]
  readonly origin: 'person' | 'automatic'
  readonly person?: string
  readonly department?: readonly string[]
  readonly within?: readonly string[]
  readonly mostAddresses?: string
  readonly widestIpv6?: string
  readonly longest?: string
}

export function addToken(program: Command, act: Act): void {
  const token = program.command('token').description('make, list and revoke tokens')
  token
    .command('create')
    .description('make a token; the secret is printed this once')
    .argument('<name>', 'who or what will use it')
    .option(
      '--role <list>',
      'roles, such as analyst or trigger: their rights, as they are at any time',
      readList,
    )
    .option('--scope <list>', 'rights one by one, such as blocks:read,blocks:write', readList)
    .addOption(
      new Option('--origin <kind>', 'who uses it; the blocks of a machine must end and pass the breaker')
        .choices(['person', 'automatic'])
        .makeOptionMandatory(),
    )
    .option('--person <id>', 'whose it is (cordon people list); your own when left out')
    .option('--department <list>', 'departments that bound what it sees and does', readList)
    .option('--within <list>', 'prefixes that bound what it blocks', readList)
    .option('--most-addresses <number>', 'IPv4 addresses in one block of it')
    .option('--widest-ipv6 <length>', 'the widest IPv6 prefix that it blocks, such as 64')
    .option('--longest <duration>', 'the longest that one block of it lasts')
    .option('--for <duration>', 'such as 90d')
    .option('--until <time>', "RFC 3339, or '2026-11-20 18:00' in local time")
    .option('--permanent', 'until somebody revokes it')
    .action(act(create))
  token.command('list').description('list the tokens, without their secrets').action(act(list))
  token.command('revoke').description('revoke a token').argument('<id>').action(act(revoke))
}

async function create(
  { io, out, api }: Session,
  [name = '']: readonly string[],
  options: CreateOptions,
): Promise<ExitCode> {
  const ends = requireEnds(options, io.now())
  const { role, scope, origin, person, department } = options
  const bounds = readBounds(options)
  const made = await (await api()).createToken({
    name,
    ...(role === undefined ? {} : { roles: role }),
    ...(scope === undefined ? {} : { scopes: scope }),
    origin,
    ...(person === undefined ? {} : { person }),
    ...(department === undefined ? {} : { departments: department }),
    ...(bounds === undefined ? {} : { bounds }),
    ...ends,
  })
  out.note(tokenText(made, io.now))
  out.note('This secret is shown this once and kept nowhere:', 'warn')
  // Alone on stdout, so that a script can take it.
  out.show({ value: made, text: () => `${made.secret}\n`, names: () => [made.id] })
  return EXIT.ok
}

function readBounds({ within, mostAddresses, widestIpv6, longest }: CreateOptions): NewToken['bounds'] {
  const bounds = {
    ...(within === undefined ? {} : { targets: within }),
    ...(mostAddresses === undefined ? {} : { ipv4Addresses: readWhole(mostAddresses, '--most-addresses') }),
    ...(widestIpv6 === undefined ? {} : { ipv6Length: readWhole(widestIpv6, '--widest-ipv6') }),
    ...(longest === undefined ? {} : { duration: longest }),
  }
  return Object.keys(bounds).length === 0 ? undefined : bounds
}

function readWhole(text: string, option: string): number {
  if (!/^[1-9]\d{0,9}$/.test(text)) throw usage(`${option}: '${text}' is not a whole number above 0`)
  return Number(text)
}

async function list({ io, out, api }: Session): Promise<ExitCode> {
  const answer: { tokens: Token[] } = await (await api()).listTokens()
  out.show(showTokens(answer.tokens, answer, io.now))
  return EXIT.ok
}

async function revoke({ out, api }: Session, [id = '']: readonly string[]): Promise<ExitCode> {
  await (await api()).revokeToken(id)
  out.note(`${id} is revoked`)
  return EXIT.ok
}
