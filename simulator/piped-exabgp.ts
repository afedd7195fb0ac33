import { type ChildProcess, type SpawnOptions, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, openSync, writeFileSync, writeSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/** An ExaBGP that does what is written into a pipe, with nobody who thinks behind it. */
export interface PipedExabgp {
  /** one line in the words of ExaBGP's API; throws when the pipe is full */
  tell(line: string): void
  /** any number of lines, each with its end, as fast as they are taken */
  feed(lines: string, deadlineMs: number): Promise<void>
  stop(): Promise<void>
}

export interface PipedNeighbour {
  readonly address: string
  /** 179 unless told */
  readonly port?: number
  readonly localAddress: string
  readonly localAs: number
  readonly peerAs: number
  readonly flow: boolean
  /** for one that is more than one hop away */
  readonly ttl?: number
}

export interface PipedOptions {
  /** for the pipe and the configuration, which bear the name */
  readonly folder: string
  readonly name: string
  readonly neighbours: readonly PipedNeighbour[]
  /** starts a program where the speaker is to run, with more environment than usual */
  readonly spawn: (
    argv: readonly string[],
    options: SpawnOptions & { readonly env: Readonly<Record<string, string>> },
  ) => ChildProcess
}

const FAMILIES = 'ipv4 unicast; ipv6 unicast; '
const FLOW = 'ipv4 flow; ipv6 flow; '
const RETRY_MS = 1

export function startPipedExabgp({ folder, name, neighbours, spawn }: PipedOptions): PipedExabgp {
  const pipe = join(folder, `${name}.pipe`)
  const config = join(folder, `${name}.exabgp`)
  const made = spawnSync('mkfifo', [pipe])
  if (made.status !== 0) throw new Error(`there can be no pipe ${pipe}: ${String(made.stderr)}`)
  const helper = `process hand { run /bin/cat ${pipe}; encoder text; }\n`
  writeFileSync(config, helper + neighbours.map(neighbourText).join(''))
  const child = spawn(['exabgp', config], { stdio: 'ignore', env: environment() })
  // Both ends, since opening one alone would wait for the other; and a write never waits, for nobody may read it.
  const end = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)
  return {
    tell(line) {
      writeSync(end, `${line}\n`)
    },
    async feed(lines, deadlineMs) {
      const deadline = performance.now() + deadlineMs
      for (let rest = Buffer.from(lines); rest.length > 0; ) {
        const written = writeSome(end, rest)
        rest = rest.subarray(written)
        if (performance.now() > deadline) throw new Error(`ExaBGP did not take ${rest.length} bytes in time`)
        if (written === 0) await pause(RETRY_MS)
      }
    },
    async stop() {
      closeSync(end)
      await kill(child)
    },
  }
}

/** How many bytes the pipe had room for. */
function writeSome(end: number, bytes: Buffer): number {
  try {
    return writeSync(end, bytes)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0
    throw error
  }
}

function neighbourText(one: PipedNeighbour): string {
  const { address, port, localAddress, localAs, peerAs, ttl } = one
  const connect = port === undefined ? '' : ` connect ${port};`
  const far = ttl === undefined ? '' : ` outgoing-ttl ${ttl};`
  return `neighbor ${address} { router-id ${localAddress}; local-address ${localAddress}; local-as ${localAs};
  peer-as ${peerAs};${connect}${far} capability { graceful-restart 120; }
  family { ${FAMILIES}${one.flow ? FLOW : ''}} api { processes [ hand ]; } }
`
}

function environment(): Readonly<Record<string, string>> {
  return {
    'exabgp.daemon.user': userInfo().username,
    'exabgp.daemon.drop': 'false',
    'exabgp.tcp.bind': '',
    'exabgp.api.ack': 'false',
    'exabgp.api.cli': 'false',
    'exabgp.log.destination': 'stderr',
    'exabgp.log.level': 'ERR',
    'exabgp.reactor.speed': '0.1',
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  await ended
}
