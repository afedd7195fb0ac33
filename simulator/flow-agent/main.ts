import { rmSync, writeSync } from 'node:fs'
import { createServer } from 'node:net'
import { FlowAgent } from './agent.ts'
import type { Bounds } from './bounds.ts'
import { readCounters } from './counters.ts'
import { follow } from './feed.ts'
import { NftSession } from './nft-session.ts'
import { EMPTY_TABLE } from './table.ts'

/** As the router's start writes it, in one argument. */
interface Settings extends Bounds {
  /** of gobgpd's API: `unix:///path` */
  readonly gobgp: string
  /** where to be asked for the rules and their counters */
  readonly socket: string
}

function complain(line: string): void {
  writeSync(2, `flow-agent: ${line}\n`)
}

/** Everyone who connects is told the rules in the order of evaluation, each with its counters, and then left. */
function answer(agent: FlowAgent, socket: string): void {
  rmSync(socket, { force: true })
  const server = createServer((connection) => {
    connection.on('error', () => undefined)
    describe(agent).then(
      (text) => connection.end(text),
      (error: unknown) => connection.destroy(error instanceof Error ? error : new Error(String(error))),
    )
  })
  server.listen(socket)
}

async function describe(agent: FlowAgent): Promise<string> {
  const { rules, blackholes } = agent.table
  const counters = await readCounters()
  return JSON.stringify({
    inStep: agent.inStep,
    rules: rules.map(({ id, rule }) => {
      const { family, components, act } = rule
      return { family, components, act, ...counters.rule(id) }
    }),
    blackholes: blackholes.map(({ address }) => ({ address, dropped: counters.blackhole(address) })),
  })
}

const settings = JSON.parse(process.argv[2] ?? '{}') as Settings
const session = await NftSession.open(EMPTY_TABLE)
const agent = new FlowAgent(session, settings, complain)
answer(agent, settings.socket)
void session.ended().then((what) => {
  complain(what)
  process.exit(1)
})
await follow(settings.gobgp, agent)
