import { chmod, lstat, readFile, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import type { App } from '../app/context.ts'
import { whyNotListen } from '../domain/safe-listening.ts'
import { buildServer, type ServerOptions } from './server.ts'

export interface ListenOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  /** Path of a Unix socket that is served as well. */
  readonly socket?: string
  readonly tls?: { readonly certFile: string; readonly keyFile: string }
  /** The operator's word that a proxy in front terminates TLS. */
  readonly behindTlsProxy?: true
}

export interface Listening {
  readonly server: FastifyInstance
  /** Of the TCP listener, with the port that was taken. */
  readonly url: string
  close(): Promise<void>
}

/** Builds the API and serves it, on TCP and, if asked, on a Unix socket. @throws Error for unsafe options */
export async function serve(
  app: App,
  options: Omit<ServerOptions, 'tls' | 'behindTlsProxy'>,
  listen: ListenOptions,
): Promise<Listening> {
  const why = whyNotListen(listen)
  if (why !== undefined) throw new Error(why)
  const tls = listen.tls === undefined ? undefined : await readTls(listen.tls)
  const server = buildServer(app, {
    ...options,
    ...(tls === undefined ? {} : { tls }),
    ...(listen.behindTlsProxy === undefined ? {} : { behindTlsProxy: listen.behindTlsProxy }),
  })
  const local = listen.socket === undefined ? undefined : secondListener(server)
  await server.ready()
  try {
    if (local !== undefined && listen.socket !== undefined) await listenOn(local, listen.socket)
    const url = await server.listen({ host: listen.host, port: listen.port })
    return {
      server,
      url: tls === undefined ? url : url.replace(/^http:/, 'https:'),
      close: () => server.close(),
    }
  } catch (error) {
    await server.close()
    throw error
  }
}

async function readTls({ certFile, keyFile }: NonNullable<ListenOptions['tls']>) {
  const [cert, key] = await Promise.all([readFile(certFile, 'utf8'), readFile(keyFile, 'utf8')])
  return { cert, key }
}

/** The same routes behind a second listener, which ends with the first. */
function secondListener(server: FastifyInstance): Server {
  const local = createServer((request, response) => server.routing(request, response))
  server.addHook('preClose', (done) => {
    local.close()
    local.closeIdleConnections()
    done()
  })
  return local
}

async function listenOn(local: Server, path: string): Promise<void> {
  await removeStale(path)
  await new Promise<void>((resolve, reject) => {
    local.once('error', reject)
    local.listen(path, resolve)
  })
  await chmod(path, 0o660)
}

/** A socket that nobody listens on is left over from a crash; one that answers is somebody's. */
async function removeStale(path: string): Promise<void> {
  const there = await lstat(path).catch(() => undefined)
  if (there === undefined) return
  if (!there.isSocket()) throw new Error(`${path} is there and is no socket; it is not removed`)
  const answers = await new Promise<boolean>((resolve) => {
    const probe = connect(path)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
  if (answers) throw new Error(`another process listens on ${path}`)
  await rm(path)
}
