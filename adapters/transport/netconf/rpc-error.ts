import { findAll, textAt, type XmlElement } from './xml.ts'

/** One `rpc-error` (RFC 6241 §4.3). */
export interface RpcError {
  readonly type: string
  readonly tag: string
  readonly severity: 'error' | 'warning'
  readonly appTag?: string
  readonly path?: string
  readonly message?: string
  /** Of the session that holds a lock; 0 is a holder outside NETCONF (§7.5). */
  readonly sessionId?: string
  readonly badElement?: string
}

/**
 * Every error and warning of a reply, however deep: Junos nests them in `commit-results` and
 * `load-configuration-results`. What is data is not searched.
 */
export function rpcErrors(reply: XmlElement): RpcError[] {
  return findAll(reply, 'rpc-error', ({ name }) => name === 'data' || name === 'configuration').map(readError)
}

function readError(element: XmlElement): RpcError {
  const optional = {
    appTag: textAt(element, 'error-app-tag'),
    path: textAt(element, 'error-path'),
    message: oneLine(textAt(element, 'error-message')),
    sessionId: textAt(element, 'error-info', 'session-id'),
    badElement: textAt(element, 'error-info', 'bad-element'),
  }
  return {
    type: textAt(element, 'error-type') ?? 'application',
    tag: textAt(element, 'error-tag') ?? 'operation-failed',
    // A severity that nobody knows is no reason to go on.
    severity: textAt(element, 'error-severity') === 'warning' ? 'warning' : 'error',
    ...Object.fromEntries(
      Object.entries(optional).filter(([, value]) => value !== undefined && value !== ''),
    ),
  }
}

/** The device's words, for a person. */
export function errorWords({ tag, message, path, sessionId, badElement }: RpcError): string {
  return [
    message === undefined ? tag : `${tag}: ${message}`,
    ...(badElement === undefined ? [] : [`element ${badElement}`]),
    ...(path === undefined ? [] : [`at ${oneLine(path)}`]),
    ...(sessionId === undefined
      ? []
      : [sessionId === '0' ? 'held by somebody outside of NETCONF' : `held by session ${sessionId}`]),
  ].join(', ')
}

function oneLine(text: string | undefined): string | undefined {
  return text?.replace(/\s+/g, ' ').trim()
}
