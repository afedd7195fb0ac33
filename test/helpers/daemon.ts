import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'

/** Ends a process that was spawned here, at once unless told otherwise, and waits until it is gone. */
export async function endChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill(signal)
  await ended
}

/** A port of the address that nobody uses at the moment. */
export async function freePort(address: string): Promise<number> {
  const server = createServer()
  server.listen(0, address)
  await once(server, 'listening')
  const place = server.address()
  server.close()
  await once(server, 'close')
  return typeof place === 'object' && place !== null ? place.port : 0
}

/** The same of UDP, of 127.0.0.1. */
export async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  await once(socket, 'close')
  return port
}

/** A program that can be ended and started anew. */
export class Restartable {
  readonly #command: readonly string[]
  #child: ChildProcess | undefined

  constructor(command: readonly string[]) {
    this.#command = command
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  start(): void {
    const [file = '', ...args] = this.#command
    this.#child = spawn(file, args, { stdio: 'ignore' })
  }

  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const running = this.#child
    this.#child = undefined
    if (running !== undefined) await endChild(running, signal)
  }
}
