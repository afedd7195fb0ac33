import { rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import type { RouterControl } from './control.ts'
import { Fault } from './faults.ts'

const CALLS = [
  'identity',
  'arm',
  'clear',
  'running',
  'edit',
  'lock',
  'unlock',
  'dirty',
  'changeHostKey',
  'reboot',
  'cut',
  'present',
  'judge',
  'counters',
] as const satisfies readonly (keyof RouterControl)[]

const Asked = Type.Object(
  {
    call: Type.Union(CALLS.map((call) => Type.Literal(call))),
    /** those at the end may be null: left out */
    args: Type.Array(Type.Unknown()),
  },
  { additionalProperties: false },
)
const Answered = Type.Object({ error: Type.Optional(Type.String()), value: Type.Optional(Type.Unknown()) })

const ajv = new Ajv()
const isAsked = ajv.compile<Static<typeof Asked>>(Asked)
const isAnswered = ajv.compile<Static<typeof Answered>>(Answered)
const isFault = ajv.compile<Fault>(Fault)

/** Answers calls on a Unix socket: a line of JSON each, `{"call":"arm","args":[…]}`, and one for the answer. */
export function answerControl(path: string, control: RouterControl): Server {
  rmSync(path, { force: true })
  const server = createServer((connection) => {
    connection.on('error', () => undefined)
    linesOf(connection, (line) => {
      void answer(control, line).then((text) => connection.write(`${text}\n`))
    })
  })
  server.listen(path)
  return server
}

async function answer(control: RouterControl, line: string): Promise<string> {
  try {
    const asked: unknown = JSON.parse(line)
    if (!isAsked(asked)) throw new Error(`no such call: ${line}`)
    if (asked.call === 'arm' && !isFault(asked.args[0])) throw new Error(`no such fault: ${line}`)
    const method = control[asked.call] as (...args: unknown[]) => Promise<unknown>
    const args = asked.args.map((one) => one ?? undefined)
    return JSON.stringify({ value: await method.apply(control, args) })
  } catch (error) {
    return JSON.stringify({ error: error instanceof Error ? error.message : String(error) })
  }
}

/** A line reader tells of its connection's errors once more; they are heard where the connection is. */
function linesOf(connection: Socket, hear: (line: string) => void): void {
  createInterface({ input: connection })
    .on('line', hear)
    .on('error', () => undefined)
}

const DEADLINE_MS = 30_000

/** The calls of a router in another process. */
export function controlAt(path: string): RouterControl {
  const calls = CALLS.map((call) => [call, (...args: unknown[]) => ask(path, call, args)] as const)
  return Object.fromEntries(calls) as unknown as RouterControl
}

async function ask(path: string, call: string, args: readonly unknown[]): Promise<unknown> {
  const line = await new Promise<string>((resolve, reject) => {
    const connection = createConnection(path)
    connection.setTimeout(DEADLINE_MS, () => connection.destroy(new Error(`${path} said nothing to ${call}`)))
    connection.on('error', reject)
    connection.on('close', () => reject(new Error(`${path} closed before it answered ${call}`)))
    linesOf(connection, (text) => {
      resolve(text)
      connection.end()
    })
    connection.write(`${JSON.stringify({ call, args })}\n`)
  })
  const value: unknown = JSON.parse(line)
  if (!isAnswered(value)) throw new Error(`${path} answered something else`)
  if (value.error !== undefined) throw new Error(value.error)
  return value.value
}
