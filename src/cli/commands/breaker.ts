import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import type { Breaker } from '../http/wire.ts'
import { fullText } from '../output/time.ts'
import type { Session } from '../session.ts'

export function addBreaker(program: Command, act: Act): void {
  const breaker = program
    .command('breaker')
    .description('say whether automatic blocks are stopped; exit 1 if they are')
    .action(act(show))
  breaker.command('reset').description('let automatic blocks go on').action(act(reset))
}

async function show({ io, out, api }: Session): Promise<ExitCode> {
  const breaker = await (await api()).breaker()
  const text = breakerText(breaker, io.now)
  out.show({
    value: breaker,
    text: (paint) => `${paint(breaker.tripped ? 'bad' : 'good', text)}\n`,
    names: () => (breaker.tripped ? ['tripped'] : []),
  })
  return breaker.tripped ? EXIT.no : EXIT.ok
}

function breakerText({ tripped, limit, source, at }: Breaker, now: () => number): string {
  if (!tripped) return 'automatic blocks are taken'
  const when = at === undefined ? '' : ` since ${fullText(Date.parse(at), { now })}`
  const who = source === undefined ? '' : ` by token ${source}`
  return `automatic blocks are stopped${when}${who}: ${limit ?? 'a limit was passed'}; go on with: cordon breaker reset`
}

async function reset({ out, api }: Session): Promise<ExitCode> {
  const answer = await (await api()).resetBreaker()
  const text = answer.wasTripped ? 'automatic blocks are taken again' : 'the breaker had not tripped'
  out.show({ value: answer, text: () => `${text}\n`, names: () => [] })
  return EXIT.ok
}
