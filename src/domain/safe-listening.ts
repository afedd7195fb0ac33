import { isIPv4 } from 'node:net'

/** What a listener is asked to be. */
export interface WantedListener {
  readonly host: string
  readonly tls?: unknown
  /** The operator's word that a proxy in front terminates TLS. */
  readonly behindTlsProxy?: boolean
}

/** Why this must not be listened on; `undefined` when it may. Tokens never cross a network in clear. */
export function whyNotListen({ host, tls, behindTlsProxy }: WantedListener): string | undefined {
  if (isLoopback(host) || tls !== undefined || behindTlsProxy === true) return undefined
  return `listening on ${host} would send tokens over the network in clear: give tls (certFile, keyFile), or say behindTlsProxy when a proxy in front terminates TLS, or listen on 127.0.0.1`
}

/** Whether what goes to this host stays on this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'))
}
