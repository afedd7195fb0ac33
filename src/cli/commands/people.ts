import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import type { Person } from '../http/wire-site.ts'
import { readList } from '../input/list.ts'
import type { Session } from '../session.ts'
import { personText, showPeople } from '../views/people-view.ts'

interface Options {
  readonly name?: string
  readonly role?: readonly string[]
  readonly department?: readonly string[]
  readonly again?: true
}

export function addPeople(program: Command, act: Act): void {
  const people = program.command('people').description('say who may do what')
  people.command('list').description('list everybody, with their roles').action(act(list))
  people
    .command('add')
    .description('make somebody known; a token for them is made with cordon token create --person')
    .argument('<name>', 'for people')
    .requiredOption('--role <list>', 'viewer, analyst, approver, noc, admin, privacy, itss', readList)
    .option('--department <list>', 'departments that bound what they see and do', readList)
    .action(act(add))
  people
    .command('change')
    .description('give somebody other roles, at once for all of their tokens and sessions')
    .argument('<id>')
    .option('--name <name>', 'another name')
    .option('--role <list>', 'all of their roles from now on', readList)
    .option('--department <list>', 'all of their departments from now on', readList)
    .option('--again', 'adds again one who was removed; their old tokens stay revoked')
    .action(act(change))
  people
    .command('remove')
    .description('end everything that somebody may do')
    .argument('<id>')
    .action(act(remove))
}

async function list({ out, api }: Session): Promise<ExitCode> {
  const answer = await (await api()).listPeople()
  out.show(showPeople(answer.people, answer))
  return EXIT.ok
}

async function add(
  { out, api }: Session,
  [name = '']: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const { role = [], department } = options
  const wanted = { name, roles: role, ...(department === undefined ? {} : { departments: department }) }
  show(out, await (await api()).addPerson(wanted))
  return EXIT.ok
}

async function change(
  { out, api }: Session,
  [id = '']: readonly string[],
  options: Options,
): Promise<ExitCode> {
  const { name, role, department, again } = options
  if ([name, role, department, again].every((one) => one === undefined))
    throw usage('say what to change: --name, --role, --department or --again')
  const changes = {
    ...(name === undefined ? {} : { name }),
    ...(role === undefined ? {} : { roles: role }),
    ...(department === undefined ? {} : { departments: department }),
    ...(again === undefined ? {} : { left: false as const }),
  }
  show(out, await (await api()).changePerson(id, changes))
  return EXIT.ok
}

function show(out: Session['out'], person: Person): void {
  out.show({ value: person, text: () => `${personText(person)}\n`, names: () => [person.id] })
}

async function remove({ out, api }: Session, [id = '']: readonly string[]): Promise<ExitCode> {
  await (await api()).removePerson(id)
  out.note(`${id} is removed: none of their tokens and sessions is good any more`)
  return EXIT.ok
}
