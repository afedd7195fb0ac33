import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { readPages } from '../http/pages.ts'
import type { Pending } from '../http/wire-messages.ts'
import { type LimitOptions, limited, moreText, mostOf } from '../input/limit.ts'
import { requirePlainNumber } from '../input/subject.ts'
import type { Session } from '../session.ts'
import { showMessage, showMessages } from '../views/message-view.ts'
import { doEach } from './each.ts'

/** The most that the API gives at once. */
const PAGE = 500

interface ListOptions extends LimitOptions {
  readonly dead?: boolean
}

export function addOutbox(program: Command, act: Act): void {
  const outbox = program
    .command('outbox')
    .description('what is to be told by mail and webhooks, and what could not be; without a word, the list')
  const listing = outbox
    .command('list', { isDefault: true })
    .description('list what waits to be sent and what could not be, the oldest first')
    .option('--dead', 'only what is not tried any more')
  limited(listing).action(act(list))
  outbox
    .command('show')
    .description('show one message: for whom, why it was not sent, and its text')
    .argument('<number>', 'of the message')
    .action(act(show))
  outbox
    .command('again')
    .description('let messages be tried again that could not be sent')
    .argument('<numbers...>', 'of messages')
    .action(act(again))
  outbox
    .command('drop')
    .description('let go of messages that could not be sent: nobody gets them')
    .argument('<numbers...>', 'of messages')
    .action(act(drop))
}

async function list(
  { io, out, api }: Session,
  _: readonly string[],
  options: ListOptions,
): Promise<ExitCode> {
  const dead = options.dead === true ? 'true' : undefined
  const { messages: client } = await api()
  let pending: readonly Pending[] = []
  const { items, more } = await readPages(mostOf(options), PAGE, async (limit, after?: string) => {
    const page = await client.list({ dead, limit, after })
    pending = page.pending
    return { items: page.messages, next: page.next === undefined ? undefined : String(page.next) }
  })
  out.show(showMessages(items, pending, io.now))
  if (more) out.note(moreText(options), 'dim')
  return EXIT.ok
}

async function show({ io, out, api }: Session, [number = '']: readonly string[]): Promise<ExitCode> {
  const id = requirePlainNumber(number, 'message')
  out.show(showMessage(await (await api()).messages.show(id), io.now))
  return EXIT.ok
}

async function again(session: Session, operands: readonly string[]): Promise<ExitCode> {
  const numbers = numbersOf(operands)
  const { messages } = await session.api()
  const said = { what: 'message', done: 'is tried again', failed: 'is not tried again' }
  return doEach(session, numbers, { ...said, act: (id) => messages.tryAgain(id) })
}

async function drop(session: Session, operands: readonly string[]): Promise<ExitCode> {
  const numbers = numbersOf(operands)
  const { messages } = await session.api()
  const said = { what: 'message', done: 'is let go of', failed: 'stays' }
  return doEach(session, numbers, { ...said, act: (id) => messages.drop(id) })
}

/** All of them are looked at before anything is done. */
function numbersOf(operands: readonly string[]): Set<number> {
  return new Set(operands.map((operand) => requirePlainNumber(operand, 'message')))
}
