import { type Command, Option } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import type { Token } from '../http/wire.ts'
import { type EndOptions, requireEnds } from '../input/end.ts'
import type { Session } from '../session.ts'
import { showTokens, tokenText } from '../views/token-view.ts'

interface CreateOptions extends EndOptions {
  readonly scope: readonly string[]
  readonly origin: 'person' | 'automatic'
}

export function addToken(program: Command, act: Act): void {
  const token = program.command('token').description('make, list and revoke tokens')
  token
    .command('create')
    .description('make a token; the secret is printed this once')
    .argument('<name>', 'who or what will use it')
    .requiredOption('--scope <list>', 'rights, such as blocks:read,blocks:write', readList)
    .addOption(
      new Option('--origin <kind>', 'who uses it; the blocks of a machine must end and pass the breaker')
        .choices(['person', 'automatic'])
        .makeOptionMandatory(),
    )
    .option('--for <duration>', 'such as 90d')
    .option('--until <time>', "RFC 3339, or '2026-11-20 18:00' in local time")
    .option('--permanent', 'until somebody revokes it')
    .action(act(create))
  token.command('list').description('list the tokens, without their secrets').action(act(list))
  token.command('revoke').description('revoke a token').argument('<id>').action(act(revoke))
}

function readList(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...text.split(',').filter((part) => part !== '')]
}

async function create(
  { io, out, api }: Session,
  [name = '']: readonly string[],
  options: CreateOptions,
): Promise<ExitCode> {
  const ends = requireEnds(options, io.now())
  const { scope, origin } = options
  const made = await (await api()).createToken({ name, scopes: scope, origin, ...ends })
  out.note(tokenText(made, io.now))
  out.note('This secret is shown this once and kept nowhere:', 'warn')
  // Alone on stdout, so that a script can take it.
  out.show({ value: made, text: () => `${made.secret}\n`, names: () => [made.id] })
  return EXIT.ok
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
