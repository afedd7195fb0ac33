import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../../test/helpers/property.ts'
import { eventually } from '../../eventually.ts'
import { randomFrom } from '../random.ts'
import type { TerminalSettings, User } from './cli.ts'
import { type Answer, Session, type SessionSettings } from './session.ts'
import { Terminal, type TerminalEnv } from './terminal.ts'
import { type Bench, bench } from './testing/bench.ts'

interface Screen {
  readonly world: Bench
  readonly terminal: Terminal
  readonly pieces: readonly Buffer[]
  readonly ends: readonly ('end' | 'cut')[]
  /** All that was sent, once it ends like this. */
  endingIn(ending: string): Promise<string>
}

interface ScreenOptions {
  readonly settings?: Partial<TerminalSettings>
  readonly env?: Partial<TerminalEnv>
  readonly user?: Partial<User>
  readonly world?: Bench
  readonly session?: Session
}

function screen({ settings, env, user, world = bench(), session: given }: ScreenOptions = {}): Screen {
  const pieces: Buffer[] = []
  const ends: ('end' | 'cut')[] = []
  const own: SessionSettings = {
    user: { name: 'cordon', privilege: 15, ...user },
    terminal: { rows: 0, columns: 0, monitor: false, ...settings },
    where: 'vty0 (127.0.0.1)',
    enablePassword: 'secret',
  }
  const session = given ?? new Session(world.system, own)
  const terminal = new Terminal(session, {
    line: { send: (bytes) => pieces.push(bytes), end: () => ends.push('end'), cut: () => ends.push('cut') },
    random: randomFrom(3),
    beforeAnswer: async () => 'answer',
    settle: () => world.system.settle(),
    isSynchronous: false,
    ...env,
  })
  world.system.onLog((line) => terminal.tell(line))
  void terminal.run()
  const sent = (): string => Buffer.concat(pieces).toString('latin1')
  const endingIn: Screen['endingIn'] = async (ending) => {
    await eventually(`${JSON.stringify(ending)} at the end of a screen`, 5_000, () => sent().endsWith(ending))
    return sent()
  }
  return { world, terminal, pieces, ends, endingIn }
}

function keys(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

describe('a terminal', () => {
  test('echoes what is typed, and answers with whole lines', async () => {
    const { terminal, endingIn } = screen()
    terminal.receive(keys('show privilege\r'))
    assert.equal(await endingIn('\nr1#'), 'r1#show privilege\r\nCurrent privilege level is 15\r\nr1#')
  })

  test('takes keys back', async () => {
    const { terminal, endingIn } = screen()
    terminal.receive(keys('nonsense\x15sx\x7fhow clk\b\block\n'))
    const text = await endingIn('\nr1#')
    const shown = 'sx\b \bhow clk\b \b\b \block\r\n12:00:00.005 UTC Sun Nov 22 2026\r\nr1#'
    assert.ok(text.endsWith(shown), text)
  })

  test('shows no password', async () => {
    const { terminal, endingIn } = screen({ user: { privilege: 1 } })
    terminal.receive(keys('enable\r'))
    await endingIn('Password: ')
    terminal.receive(keys('secret\r'))
    assert.equal(await endingIn('r1#'), 'r1>enable\r\nPassword: \r\nr1#')
  })

  test('leaves the configuration at Ctrl-Z after the line, and at Ctrl-C without it', async () => {
    const { terminal, endingIn, world } = screen()
    terminal.receive(keys('conf t\rhostname r2\x1aconf t\rhostname r3\x03'))
    await endingIn('End with CNTL/Z.\r\nr2(config)#r2#')
    assert.match(world.config(), /hostname r2/)
  })

  test('wraps what is typed at its width', async () => {
    const { terminal, endingIn } = screen({ settings: { columns: 10 } })
    terminal.receive(keys('terminal width 0'))
    assert.equal(await endingIn('0'), 'r1#termina\r\nl width 0')
    terminal.receive(keys('\r'))
    await endingIn('0\r\nr1#')
    terminal.receive(keys('show run | section nothing'))
    await endingIn('r1#show run | section nothing')
  })

  test('shows as much as it has rows, and goes on by pages, by lines, or not', async () => {
    const { terminal, endingIn } = screen({ settings: { rows: 4 } })
    terminal.receive(keys('show version | include o\r'))
    await endingIn('r1#')
    terminal.receive(keys('show running-config\r'))
    const first = await endingIn(' --More-- ')
    assert.match(
      first,
      /Building configuration\.\.\.\r\n\r\nCurrent configuration : \d+ bytes\r\n --More-- $/,
    )
    terminal.receive(keys('\r'))
    const second = await endingIn(`!\r\n --More-- `)
    assert.ok(second.endsWith(`${'\b'.repeat(9)}        ${'\b'.repeat(9)}!\r\n --More-- `))
    terminal.receive(keys(' '))
    const third = await eventually('three more', 5_000, async () => {
      const text = await endingIn(' --More-- ')
      return text.length > second.length && text.slice(second.length)
    })
    assert.equal(third.split('\r\n').length - 1, 3)
    terminal.receive(keys('q'))
    assert.ok((await endingIn('r1#')).endsWith(`${'\b'.repeat(9)}        ${'\b'.repeat(9)}r1#`))
    terminal.receive(keys('terminal length 0\rshow running-config\r'))
    await endingIn('end\r\n\r\nr1#')
  })

  test('echoes a paste before its lines are worked through', async () => {
    const { terminal, endingIn } = screen()
    const typed = ['conf t', 'object-group network X', 'host 192.0.2.1', 'end']
    terminal.receive(keys(typed.map((line) => `${line}\r`).join('')))
    const text = await endingIn('(config-network-group)#r1#')
    assert.ok(text.startsWith(`r1#${typed.join('\r\n')}\r\nEnter configuration commands`), text)
  })

  test('puts the log where the cursor stands, and may show the prompt again', async () => {
    for (const [isSynchronous, ending] of [
      [false, /r1#\r\n\*Nov 22 12:00:00\.005: hello\r\n$/],
      [true, /r1#\r\n\*Nov 22 12:00:00\.005: hello\r\nr1#$/],
    ] as const) {
      const { terminal, endingIn, world } = screen({ settings: { monitor: true }, env: { isSynchronous } })
      terminal.receive(keys('\r'))
      await endingIn('r1#\r\nr1#')
      world.system.log('hello')
      assert.match(await endingIn(isSynchronous ? 'hello\r\nr1#' : 'hello\r\n'), ending)
    }
  })

  test('has the log in the middle of an output as well', async () => {
    const { terminal, endingIn } = screen({ settings: { monitor: true }, env: { random: () => 0.7 } })
    terminal.receive(keys('conf t\rdo send log hello\rend\r'))
    const text = await endingIn('r1#')
    assert.match(text, /Message from vty\(user id: cordon\): hello\r\nr1\(config\)#/)
    assert.match(text, /%SYS-5-CONFIG_I: Configured from console by cordon on vty0 \(127\.0\.0\.1\)\r\nr1#$/)
  })

  test('ends with its session, when nobody types, and when the line is cut for an answer', async () => {
    const over = screen()
    over.terminal.receive(keys('exit\r'))
    await eventually('the end of a session', 5_000, () => over.ends.includes('end'))
    const idle = screen({ env: { idleMs: 1 } })
    await eventually('the end of an idle session', 5_000, () => idle.ends.includes('end'))
    const lost = screen({ env: { beforeAnswer: async (changed) => (changed ? 'cut' : 'answer') } })
    lost.terminal.receive(keys('conf t\rhostname r2\r'))
    await eventually('a cut', 5_000, () => lost.ends.includes('cut'))
    assert.match(lost.world.config(), /hostname r2/)
    assert.ok(!Buffer.concat(lost.pieces).toString().includes('r2('))
  })
})

const PASTE = [
  ...['terminal length 4', 'show running-config', ' q', 'conf t', 'object-group network X'],
  ...['host 192.0.2.1', 'host 300.0.0.1', '198.51.100.0/24', 'hots\x7f\x7fst 192.0.2.9', 'exit'],
  ...['ip access-list extended A', 'deny ip object-group X any', 'no 10', 'permit ip any any', 'end'],
  ...['show ip access-lists', 'terminal length 0', 'show running-config | section X'],
].join('\r')

describe('a session', () => {
  test('is the same however its keys are cut into packets', async () => {
    const whole = await played([PASTE])
    await holds(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: PASTE.length - 1 }), { maxLength: 40 }),
        async (cuts) => {
          const edges = [0, ...[...new Set(cuts)].sort((a, b) => a - b), PASTE.length]
          const packets = edges.slice(1).map((edge, at) => PASTE.slice(edges[at], edge))
          assert.deepEqual(await played(packets), whole)
        },
      ),
      60,
    )
  })

  test('goes on after whatever is typed', async () => {
    const words = [
      'show',
      'no',
      'conf t',
      'end',
      'host',
      '192.0.2.1',
      '?',
      '|',
      '\x03',
      '\x1a',
      '\x7f',
      ' ',
      '\r',
      'q',
      'é',
    ]
    await holds(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.constantFrom(...words), fc.string()), { maxLength: 60 }),
        async (typed) => {
          const { terminal, world, ends } = screen({ settings: { rows: 3, columns: 20 } })
          terminal.receive(keys(typed.join('')))
          // out of pages, questions and modes, unless it has logged out
          terminal.receive(keys('\x03\x03\rend\rsend log still here\r'))
          await eventually(
            'an answer',
            5_000,
            () => ends.length > 0 || world.log().some((line) => line.endsWith('here')),
          )
        },
      ),
      100,
    )
  })

  test('is delivered in pieces that do not care for lines', async () => {
    const { terminal, endingIn, pieces } = screen()
    terminal.receive(keys('show running-config\r'))
    await endingIn('end\r\n\r\nr1#')
    assert.ok(pieces.length > 3)
    assert.ok(pieces.some((piece) => !/^\n|\n$/.test(piece.toString()) && piece.length > 1))
  })
})

class RecordedSession extends Session {
  readonly heard: unknown[] = []

  override async enter(line: string): Promise<Answer> {
    const answer = await super.enter(line)
    this.heard.push([line, answer])
    return answer
  }
}

/** What each line was answered with, and the configuration that it all led to. */
async function played(packets: readonly string[]): Promise<unknown> {
  const world = bench()
  const session = recorded(world)
  const { terminal } = screen({ world, session })
  for (const packet of packets) {
    terminal.receive(keys(packet))
    await Promise.resolve()
  }
  terminal.receive(keys('\rsend log done\r'))
  await eventually('the last line', 5_000, () => world.log().some((line) => line.endsWith('done')))
  return { config: world.config(), heard: session.heard }
}

function recorded({ system }: Bench): RecordedSession {
  return new RecordedSession(system, {
    user: { name: 'cordon', privilege: 15 },
    terminal: { rows: 0, columns: 0, monitor: false },
    where: 'vty0 (127.0.0.1)',
  })
}
