import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import {
  SMTPServer,
  type SMTPServerDataStream,
  type SMTPServerOptions,
  type SMTPServerSession,
} from 'smtp-server'
import type { Certificate } from './certificate.ts'

/**
 * When a fault strikes: at the greeting, at the login, at the sender, at a recipient, behind DATA before the mail is read
 * (`body`), at the answer to the final dot with nothing taken (`dot`), or there with the mail taken (`taken`).
 */
export type SmtpPhase = 'connect' | 'auth' | 'mail' | 'rcpt' | 'body' | 'dot' | 'taken'

/** A refusal, the connection cut off, no answer ever, or an answer that comes late (ms). */
export type SmtpFault =
  | { readonly code: number; readonly words: string }
  | 'drop'
  | 'hang'
  | { readonly slow: number }

/** Faults to come. Each strikes as often as it was asked for and is gone then. */
export interface SmtpFaults {
  /** @param times how often; left out: once */
  at(phase: SmtpPhase, fault: SmtpFault, times?: number): void
  /** For one recipient alone. */
  forRecipient(mail: string, fault: SmtpFault, times?: number): void
  clear(): void
  /** What has not struck yet. */
  readonly pending: number
}

/** A mail that the server has taken for good. */
export interface TakenMail {
  readonly from: string
  readonly to: readonly string[]
  readonly raw: Buffer
  /** Its Message-ID without brackets; empty without one. */
  readonly id: string
  /** The user who had logged in. */
  readonly user?: string
  readonly secure: boolean
}

export interface SmtpServerOptions {
  /** A port to come back on; left out: the kernel picks one. */
  readonly port?: number
  /** Left out: TLS is not offered, and logins go in clear. */
  readonly tls?: { readonly mode: 'implicit' | 'starttls'; readonly certificate: Certificate }
  /** Who may send; left out: everybody, without a login. */
  readonly login?: { readonly user: string; readonly password: string }
}

export interface TestSmtpServer {
  readonly port: number
  readonly mails: readonly TakenMail[]
  readonly faults: SmtpFaults
  /** How many connections there have been. */
  readonly connections: () => number
  /** Cuts off every connection that is open. */
  dropAll(): void
  close(): Promise<void>
}

interface Waiting {
  readonly phase: SmtpPhase
  readonly mail?: string
  readonly fault: SmtpFault
  times: number
}

type Callback = (error?: Error | null) => void

/** A real SMTP server on loopback, in this process, which keeps what it takes and fails as it is told. */
export async function startSmtpServer(options: SmtpServerOptions = {}): Promise<TestSmtpServer> {
  const waiting: Waiting[] = []
  const mails: TakenMail[] = []
  const seen = { connections: 0 }
  const strike = striker(waiting, (session) => dropSession(server, session))
  const server = new SMTPServer({
    ...offered(options),
    onConnect: (session, callback) => {
      seen.connections += 1
      strike('connect', session, callback)
    },
    ...handlers(options, strike, mails),
  })
  // A client that goes away is what some tests are about.
  server.on('error', () => undefined)
  const listening = server.listen(options.port ?? 0, '127.0.0.1')
  await once(listening, 'listening')
  return {
    port: (listening.address() as AddressInfo).port,
    mails,
    faults: faultsOf(waiting),
    connections: () => seen.connections,
    dropAll: () => {
      for (const connection of server.connections) connection._socket.destroy()
    },
    close: () => closeServer(server),
  }
}

function offered({ tls, login }: SmtpServerOptions): SMTPServerOptions {
  const common = { disableReverseLookup: true, name: 'mx.test.example', closeTimeout: 100 }
  const auth = { ...common, authOptional: login === undefined }
  if (tls === undefined) return { ...auth, disabledCommands: ['STARTTLS'], allowInsecureAuth: true }
  const { keyFile, certFile } = tls.certificate
  return {
    ...auth,
    secure: tls.mode === 'implicit',
    key: readFileSync(keyFile),
    cert: readFileSync(certFile),
  }
}

function handlers({ login }: SmtpServerOptions, strike: Strike, mails: TakenMail[]): SMTPServerOptions {
  return {
    onAuth: ({ username, password }, session, callback) =>
      strike('auth', session, (error) => {
        if (error) return callback(error)
        if (username === login?.user && password === login?.password)
          return callback(null, { user: username })
        callback(null, { message: 'Authentication credentials invalid', responseCode: 535 })
      }),
    onMailFrom: (_, session, callback) => strike('mail', session, callback),
    onRcptTo: ({ address }, session, callback) => strike('rcpt', session, callback, address),
    onData: (stream, session, callback) =>
      strike('body', session, (error) => {
        if (error) stream.resume()
        if (error) return callback(error)
        takeMail(stream, session, strike, mails).then(() => callback(null), callback)
      }),
  }
}

type Strike = (phase: SmtpPhase, session: SMTPServerSession, go: Callback, mail?: string) => void

function striker(waiting: Waiting[], drop: (session: SMTPServerSession) => void): Strike {
  return (phase, session, go, mail) => {
    const fault = next(waiting, phase, mail)
    if (fault === undefined) return go()
    if (fault === 'hang') return
    if (fault === 'drop') return drop(session)
    if ('slow' in fault) setTimeout(go, fault.slow)
    else go(Object.assign(new Error(fault.words), { responseCode: fault.code }))
  }
}

function next(waiting: Waiting[], phase: SmtpPhase, mail: string | undefined): SmtpFault | undefined {
  const index = waiting.findIndex((one) => one.phase === phase && (one.mail ?? mail) === mail)
  const found = waiting[index]
  if (found === undefined) return undefined
  found.times -= 1
  if (found.times === 0) waiting.splice(index, 1)
  return found.fault
}

function faultsOf(waiting: Waiting[]): SmtpFaults {
  return {
    at: (phase, fault, times = 1) => void waiting.push({ phase, fault, times }),
    forRecipient: (mail, fault, times = 1) => void waiting.push({ phase: 'rcpt', mail, fault, times }),
    clear: () => void waiting.splice(0),
    get pending() {
      return waiting.reduce((sum, { times }) => sum + times, 0)
    },
  }
}

async function takeMail(
  stream: SMTPServerDataStream,
  session: SMTPServerSession,
  strike: Strike,
  mails: TakenMail[],
): Promise<void> {
  const raw = await buffer(stream)
  const struck = (phase: SmtpPhase) =>
    new Promise<void>((resolve, reject) => {
      strike(phase, session, (error) => (error ? reject(error) : resolve()))
    })
  await struck('dot')
  const { mailFrom, rcptTo } = session.envelope
  const user: unknown = session.user
  mails.push({
    from: mailFrom === false ? '' : mailFrom.address,
    to: rcptTo.map(({ address }) => address),
    ...{
      raw,
      id: /^Message-ID:\s*<([^>]*)>/im.exec(raw.toString('latin1'))?.[1] ?? '',
      secure: session.secure,
    },
    ...(typeof user === 'string' ? { user } : {}),
  })
  await struck('taken')
}

function dropSession(server: SMTPServer, { id }: SMTPServerSession): void {
  const connection = [...server.connections].find((one) => one.session.id === id)
  connection?._socket.destroy()
}

async function closeServer(server: SMTPServer): Promise<void> {
  for (const connection of server.connections) connection._socket.destroy()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
}
