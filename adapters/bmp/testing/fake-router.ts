import { connect, type Socket } from 'node:net'
import type { Rule } from '../../../src/domain/rule.ts'
import { freePort } from '../../../test/helpers/daemon.ts'
import { witnessEnv } from '../../../test/helpers/witnessed-router.ts'
import type { Seen, WitnessSession } from '../../witness.ts'
import type { BmpConfig } from '../config.ts'
import { bmpWitness } from '../index.ts'

/** A witness that listens, and what it has said. */
export interface Listening {
  readonly port: number
  readonly session: WitnessSession
  readonly seen: Seen[]
  readonly troubles: (string | undefined)[]
  watch(present: boolean, ...rules: readonly Rule[]): void
  /** A router that connects and sends. */
  router(...messages: readonly Buffer[]): Promise<FakeRouter>
  dispose(): Promise<void>
}

export interface FakeRouter {
  send(...messages: readonly Buffer[]): void
  readonly isClosed: boolean
  close(): void
}

export async function listen(config: Omit<BmpConfig, 'listen'>): Promise<Listening> {
  const port = await freePort('127.0.0.1')
  const session = await bmpWitness.open({ listen: { address: '127.0.0.1', port }, ...config }, witnessEnv())
  const seen: Seen[] = []
  const troubles: (string | undefined)[] = []
  const sockets: Socket[] = []
  session.onTrouble((words) => troubles.push(words))
  return {
    port,
    session,
    seen,
    troubles,
    watch: (present, ...rules) =>
      session.watch(
        rules.map((rule) => ({ rule, present })),
        (one) => seen.push(one),
      ),
    async router(...messages) {
      const socket = connect(port, '127.0.0.1')
      sockets.push(socket)
      socket.on('error', () => undefined)
      socket.resume()
      for (const message of messages) socket.write(message)
      return {
        send: (...more) => {
          for (const message of more) socket.write(message)
        },
        get isClosed() {
          return socket.closed
        },
        close: () => socket.destroy(),
      }
    },
    async dispose() {
      for (const socket of sockets) socket.destroy()
      await session.close()
    },
  }
}
