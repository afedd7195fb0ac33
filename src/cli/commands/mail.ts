import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { requirePlainNumber } from '../input/subject.ts'
import type { Session } from '../session.ts'
import { showHeldMail, showHeldMails } from '../views/held-mail-view.ts'
import { doEach } from './each.ts'

export function addMail(program: Command, act: Act): void {
  const mail = program
    .command('mail')
    .description('mails that were not taken as an answer and wait for a person; without a word, the list')
  mail
    .command('list', { isDefault: true })
    .description('list them, the oldest first, with why each waits')
    .action(act(list))
  mail
    .command('show')
    .description('show one: what it is about, why it waits, and its text')
    .argument('<number>', 'of the mail')
    .action(act(show))
  mail
    .command('done')
    .description('say that you have seen to them; they wait no more')
    .argument('<numbers...>', 'of mails')
    .action(act(done))
}

async function list({ io, out, api }: Session): Promise<ExitCode> {
  out.show(showHeldMails(await (await api()).messages.held(), io.now))
  return EXIT.ok
}

async function show({ io, out, api }: Session, [number = '']: readonly string[]): Promise<ExitCode> {
  const id = requirePlainNumber(number, 'mail')
  out.show(showHeldMail(await (await api()).messages.showHeld(id), io.now))
  return EXIT.ok
}

async function done(session: Session, operands: readonly string[]): Promise<ExitCode> {
  const numbers = new Set(operands.map((operand) => requirePlainNumber(operand, 'mail')))
  const { messages } = await session.api()
  const said = { what: 'mail', done: 'is seen to', failed: 'is not seen to' }
  return doEach(session, numbers, { ...said, act: (id) => messages.judge(id) })
}
