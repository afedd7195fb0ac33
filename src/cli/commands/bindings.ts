import { type Command, Option } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import { feedParts } from '../input/feed-parts.ts'
import { fileName, readText } from '../input/file.ts'
import { readPast } from '../input/past.ts'
import type { Session } from '../session.ts'
import { showBindingList } from '../views/binding-view.ts'

const FORMATS = ['csv', 'jsonl', 'kea', 'radius'] as const

export function addBindings(program: Command, act: Act): void {
  const bindings = program.command('bindings').description('who had which address when')
  bindings
    .command('import <file>')
    .description('tell the controller who had which address when; - is standard input')
    .addOption(new Option('--format <format>', 'what the file is').choices(FORMATS).makeOptionMandatory())
    .requiredOption(
      '--source <name>',
      'where it is from, where its lines do not say so; the same each time: what it tells later ends what it told before',
    )
    .option('--rest', 'take the lines that can be read although others cannot')
    .action(act(importFile))
  bindings
    .command('show <who>')
    .description(
      'who had an address, or where a device (MAC address) or a person was; that you asked is recorded',
    )
    .option('--at <time>', 'when, or how long ago; now if left out')
    .option('--error <duration>', 'give or take this much, such as 5s')
    .option('--port <number>', 'the port, where users share an address')
    .action(act(show))
}

interface ImportOptions {
  readonly format: (typeof FORMATS)[number]
  readonly source: string
  readonly rest?: boolean
}

async function importFile(
  { io, out, api }: Session,
  [file = '-']: readonly string[],
  { format, source, rest = false }: ImportOptions,
): Promise<ExitCode> {
  const text = await readText(file, io)
  const client = await api()
  const parts = feedParts(text, format === 'csv' || format === 'kea')
  let [bindings, passedOver, problems] = [0, 0, 0]
  for (const [index, part] of parts.entries()) {
    const taken = await client.importBindings(part.text, { format, source, takeRest: String(rest) })
    for (const { line, message } of taken.problems)
      out.note(`${fileName(file)}:${line + part.linesBefore}: ${message}`, taken.taken ? 'warn' : 'bad')
    if (!taken.taken) return refused(out, index)
    bindings += taken.bindings
    passedOver += taken.passedOver
    problems += taken.problems.length
    if (parts.length > 1) out.note(`${index + 1} of ${parts.length} parts taken`)
  }
  const all = { taken: true, bindings, passedOver }
  out.show({
    value: all,
    names: () => [],
    text: () => `${bindings} bindings taken, ${passedOver} lines passed over\n`,
  })
  return problems === 0 ? EXIT.ok : EXIT.no
}

function refused(out: Session['out'], before: number): ExitCode {
  const earlier =
    before === 0
      ? 'nothing of it was taken'
      : `${before} parts before these lines were taken, which is known then and does no harm twice`
  out.note(`${earlier}; mend the lines, or say --rest to take the others`, 'bad')
  return EXIT.no
}

interface ShowOptions {
  readonly at?: string
  readonly error?: string
  readonly port?: string
}

async function show(
  { io, out, api }: Session,
  [who = '']: readonly string[],
  { at, error, port }: ShowOptions,
): Promise<ExitCode> {
  const query = queryOf(who)
  if (query.address === undefined && (at ?? error ?? port) !== undefined)
    throw usage('--at, --error and --port go with an address')
  const when = at === undefined ? undefined : readPast(at, '--at', io.now())
  const { bindings } = await (await api()).bindings({ ...query, at: when, error, port })
  out.show(showBindingList(bindings, io.now))
  return bindings.length === 0 ? EXIT.no : EXIT.ok
}

const MAC = /^([0-9a-f]{2}[:-]){5}[0-9a-f]{2}$|^[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}$/i
const ADDRESS = /^\d+\.\d+\.\d+\.\d+$|:/

function queryOf(who: string): { readonly address?: string; readonly mac?: string; readonly user?: string } {
  if (MAC.test(who)) return { mac: who }
  return ADDRESS.test(who) ? { address: who } : { user: who }
}
