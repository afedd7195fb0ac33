import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode, usage } from '../exit.ts'
import type { Deed } from '../http/wire-requests.ts'
import { requireNumber } from '../input/subject.ts'
import { readWords, requireWords } from '../input/words.ts'
import type { Session } from '../session.ts'
import { doneWords, othersWords, showRequest } from '../views/request-view.ts'

interface Options {
  readonly file?: string
  readonly action?: readonly string[]
  readonly keep?: boolean
  readonly received?: boolean
  readonly dropped?: boolean
}

/** What was said, if anything, with the options that were given. */
interface Given extends Options {
  readonly text: string | undefined
}

/** The commands that go on with a request, or end it. */
export function addAnswers(requests: Command, act: Act): void {
  const answer = (name: string, description: string): Command =>
    requests.command(name).description(description).argument('<number>', 'such as 1043 or Cordon#1043')
  const spoken = (name: string, description: string, what: string): Command =>
    answer(name, description)
      .argument('[text]', `${what}; - is standard input`)
      .option('--file <file>', 'the text, from a file')
  answer('take', 'say that you see to it').action(act(doing(() => ({ do: 'take' }))))
  spoken('say', 'ask or answer; the turn goes to the other side', 'what to say')
    .option('--action <text>', 'what the other side is to do; once for each', collect)
    .option('--keep', 'the turn stays where it is, and the clock goes on as it did')
    .action(act(saying('what there is to say', sayDeed)))
  spoken('grant', 'lift the block that is asked for, and no other', 'a word to the department').action(
    act(doing(({ text }) => ({ do: 'grant', body: textOf(text) }))),
  )
  spoken('deny', 'leave the block as it is, and say what has to be done first', 'why')
    .option('--action <text>', 'what has to be done first; once for each', collect)
    .action(act(saying('why', denyDeed)))
  spoken('withdraw', 'take a request back', 'why').action(
    act(doing(({ text }) => ({ do: 'withdraw', body: textOf(text) }))),
  )
  spoken('reopen', 'open one again that was denied or taken back', 'what is different now').action(
    act(saying('what is different now', ({ text }) => ({ do: 'reopen', body: { text } }))),
  )
  spoken('close', 'end a request for logs', 'a word to the department')
    .option('--received', 'the logs came')
    .option('--dropped', 'nobody waits for them any more')
    .action(act(doing(closeDeed)))
}

function collect(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

function textOf(text: string | undefined): { readonly text?: string } {
  return text === undefined ? {} : { text }
}

function sayDeed({ text, action, keep }: Given & { readonly text: string }): Deed {
  const actions = action === undefined ? {} : { actions: action }
  return { do: 'say', body: { text, ...actions, ...(keep === true ? { keep } : {}) } }
}

function denyDeed({ text, action = [] }: Given & { readonly text: string }): Deed {
  if (action.length === 0)
    throw usage('say what has to be done before the block can be lifted: --action TEXT, once for each')
  return { do: 'deny', body: { text, actions: action } }
}

function closeDeed({ received, dropped, text }: Given): Deed {
  if ((received === true) === (dropped === true))
    throw usage('say how it ends: --received, the logs came, or --dropped, nobody waits for them any more')
  return { do: 'close', body: { how: received === true ? 'received' : 'dropped', ...textOf(text) } }
}

type Run = (session: Session, operands: readonly string[], options: Options) => Promise<ExitCode>

/** Does what the options and the text come to, and shows what that makes of the request. */
function doing(deedOf: (given: Given) => Deed): Run {
  return async (session, [number = '', operand], options) => {
    const id = requireNumber(number, 'request')
    const text = await readWords(operand, options.file, session.io)
    return answerWith(session, id, deedOf({ ...options, text }))
  }
}

/** The same where something must be said. */
function saying(what: string, deedOf: (given: Given & { readonly text: string }) => Deed): Run {
  return async (session, [number = '', operand], options) => {
    const id = requireNumber(number, 'request')
    const text = await requireWords(operand, options.file, session.io, what)
    return answerWith(session, id, deedOf({ ...options, text }))
  }
}

async function answerWith({ io, out, api }: Session, id: number, deed: Deed): Promise<ExitCode> {
  const done = await (await api()).requests.answer(id, deed)
  out.note(doneWords(done, deed.do, io.now()))
  const left = deed.do === 'grant' ? othersWords(done) : undefined
  if (left !== undefined) out.note(left, 'warn')
  out.show(showRequest(done, io.now))
  return EXIT.ok
}
