import { connect, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import { Client } from 'ldapts'
import { AdapterError } from '../adapter.ts'
import { type Limits, within } from '../transport/within.ts'
import type { Server } from './config.ts'
import { troubleOf } from './trouble.ts'

/** By what a server is known, and what it may know us by. */
export interface Trust {
  readonly startTls: boolean
  readonly ca?: string
  readonly fingerprints: readonly string[]
  readonly certificate?: { readonly cert: string; readonly key: string }
}

/** RFC 4511 §4.14. */
const START_TLS = '1.3.6.1.4.1.1466.20037'

/**
 * Connects, encrypted where that is wanted, to a server that is the one it should be. Nothing of ours has been sent by then.
 * @throws AdapterError `unreachable`, `host-key`, `timeout`, or as the server refuses to be encrypted
 */
export async function dial(server: Server, trust: Trust, limits: Limits): Promise<Socket> {
  const { host, port, secure, url } = server
  const raw = connect({ host, port, keepAlive: true, noDelay: true })
  try {
    return await within(limits, (resolve, fail) => {
      // Whatever comes after the first of these is heard by somebody, too.
      raw.on('error', (error) => fail(new AdapterError('unreachable', `${url}: ${error.message}`)))
      raw.once('connect', () => {
        shake(raw, server, secure, trust).then(resolve, fail)
      })
    })
  } catch (error) {
    raw.destroy()
    throw error
  }
}

async function shake(raw: Socket, server: Server, secure: boolean, trust: Trust): Promise<Socket> {
  if (secure) return encrypted(raw, server, trust)
  if (!trust.startTls) return raw
  // What came in the clear stays with this client, so that nobody can have put words before those that are encrypted.
  await clientOver(raw)
    .exop(START_TLS)
    .catch((error: unknown) => {
      throw troubleOf(error, { url: server.url, doing: 'log in' })
    })
  raw.removeAllListeners('data')
  return encrypted(raw, server, trust)
}

/** A client of the package on a connection that stands; it never makes another one. */
export function clientOver(socket: Socket): Client {
  const taken = { once: false }
  return new Client({
    url: 'ldap://given',
    strictDN: false,
    createConnection: (() => {
      if (taken.once) throw new AdapterError('unreachable', 'the connection is over')
      taken.once = true
      return socket
    }) as typeof connect,
  })
}

function encrypted(
  raw: Socket,
  { host, url }: Server,
  { ca, fingerprints, certificate }: Trust,
): Promise<TLSSocket> {
  const options: ConnectionOptions = {
    ...{ socket: raw, host, minVersion: 'TLSv1.2' },
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(certificate ?? {}),
    // A fingerprint alone says more than any authority.
    rejectUnauthorized: ca !== undefined || fingerprints.length === 0,
  }
  return new Promise((resolve, reject) => {
    const socket = connectTls(options, () => {
      const shown = socket.getPeerCertificate().fingerprint256
      if (fingerprints.length === 0 || fingerprints.some((one) => one.toUpperCase() === shown))
        return resolve(socket)
      socket.destroy()
      reject(
        new AdapterError('host-key', `${url} shows a certificate that is not among fingerprints: ${shown}`),
      )
    })
    socket.once('error', (error: NodeJS.ErrnoException) => reject(tlsTrouble(error, socket, url)))
    socket.once('close', () => reject(new AdapterError('unreachable', `${url} ended the TLS handshake`)))
  })
}

function tlsTrouble(error: NodeJS.ErrnoException, socket: TLSSocket, url: string): AdapterError {
  const untrusted = (socket.authorizationError as Error | string | null | undefined) ?? undefined
  if (untrusted === undefined && error.code !== 'ERR_TLS_CERT_ALTNAME_INVALID')
    return new AdapterError('unreachable', `${url}: no TLS with it: ${error.message}`)
  const words = `${url}: its certificate is not to be trusted: ${error.message} (${error.code ?? 'TLS'})`
  return new AdapterError('host-key', `${words}; ca or fingerprints say which one is right`)
}
