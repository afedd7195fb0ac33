import { readFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../domain/clock.ts'

/** Where messages go. `tls` left out: in clear, which configuration permits on loopback alone. */
export interface ReceiverPlace {
  readonly host: string
  readonly port: number
  readonly tls?: {
    readonly caFile?: string
    readonly certFile?: string
    readonly keyFile?: string
    readonly servername?: string
  }
}

/** A connection to a receiver. */
export interface Receiver {
  /** Resolves when the system has taken all of it. @throws Error when the connection broke, or nothing is taken */
  write(bytes: Buffer): Promise<void>
  /** Why it broke, once it has. */
  readonly broken: Error | undefined
  /** Calls `listener` when it breaks; the returned function ends that. */
  onBroken(listener: () => void): () => void
  /** Ends it; resolves with whether the receiver has read everything and ended it too. */
  end(): Promise<boolean>
  destroy(): void
}

/** How long a connection may take to come up, a receiver to take what it is given, and to read the rest, in milliseconds. */
const TIMES = { connect: 10_000, stalled: 60_000, end: 2_000 } as const

/** Connects and verifies the receiver's name and certificate. Files are read anew, so that renewed ones count. @throws Error */
export async function connectReceiver(
  place: ReceiverPlace,
  clock: Clock,
  signal: AbortSignal,
): Promise<Receiver> {
  const socket = await openSocket(place)
  await new Promise<void>((resolve, reject) => {
    const late = clock.after(TIMES.connect, () => socket.destroy(new Error('it does not answer')))
    const abort = (): void => {
      socket.destroy(new Error('stopped'))
    }
    const done = (): void => {
      late()
      signal.removeEventListener('abort', abort)
    }
    socket.once(place.tls === undefined ? 'connect' : 'secureConnect', () => {
      done()
      resolve()
    })
    socket.once('error', (error) => {
      done()
      reject(error)
    })
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
  })
  socket.setKeepAlive(true, 30_000)
  return receiverOn(socket, clock)
}

async function openSocket({ host, port, tls }: ReceiverPlace): Promise<Socket> {
  if (tls === undefined) return connect({ host, port })
  const read = async (path: string | undefined) => (path === undefined ? undefined : readFile(path))
  const [ca, cert, key] = await Promise.all([read(tls.caFile), read(tls.certFile), read(tls.keyFile)])
  return connectTls({
    ...{ host, port, minVersion: 'TLSv1.2' },
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.servername === undefined ? {} : { servername: tls.servername }),
  })
}

function receiverOn(socket: Socket, clock: Clock): Receiver {
  // Receivers say nothing; what one says all the same must not fill up.
  socket.resume()
  const listeners = new Set<() => void>()
  const state: { broken?: Error; read: boolean } = { read: false }
  const fail = (error: Error): void => {
    state.broken ??= error
    socket.destroy()
    for (const listener of [...listeners]) listener()
  }
  socket.on('error', fail)
  socket.once('end', () => {
    state.read = true
    if (!socket.writableEnded) fail(new Error('the receiver ended the connection'))
  })
  socket.once('close', () => fail(new Error('the connection is closed')))
  return {
    write: (bytes) => writeTo(socket, bytes, clock),
    get broken() {
      return state.broken
    },
    onBroken: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    end: async () => {
      if (state.broken !== undefined) return false
      const closed = new Promise<void>((resolve) => {
        socket.once('close', () => resolve())
      })
      const late = clock.after(TIMES.end, () => socket.destroy())
      socket.end()
      await closed
      late()
      return state.read && socket.errored === null
    },
    destroy: () => fail(new Error('given up')),
  }
}

function writeTo(socket: Socket, bytes: Buffer, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const words = `the receiver took nothing for ${TIMES.stalled / 1_000} s`
    const late = clock.after(TIMES.stalled, () => socket.destroy(new Error(words)))
    const gone = (): void => done(socket.errored ?? new Error('the connection broke off'))
    const done = (error?: Error | null): void => {
      late()
      socket.off('close', gone)
      if (error) reject(error)
      else resolve()
    }
    // A write under way when a socket is destroyed may not be told.
    socket.once('close', gone)
    socket.write(bytes, done)
  })
}
