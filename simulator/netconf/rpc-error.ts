import { node, type XmlNode } from './xml.ts'

export const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0'

interface Details {
  /** left out: application */
  readonly type?: 'transport' | 'rpc' | 'protocol' | 'application'
  readonly severity?: 'error' | 'warning'
  readonly appTag?: string
  readonly path?: string
  readonly info?: readonly XmlNode[]
}

/** One `<rpc-error>` (RFC 6241 §4.3 and appendix A). */
export class RpcError extends Error {
  override readonly name = 'RpcError'
  readonly tag: string
  readonly details: Details

  constructor(tag: string, message: string, details: Details = {}) {
    super(message)
    this.tag = tag
    this.details = details
  }

  get isWarning(): boolean {
    return this.details.severity === 'warning'
  }
}

/** More than one of them, of one request. */
export class RpcErrors extends Error {
  override readonly name = 'RpcErrors'
  readonly errors: readonly RpcError[]

  constructor(errors: readonly RpcError[]) {
    super(errors.map(({ message }) => message).join('; '))
    this.errors = errors
  }
}

/** What of it can be told to a client. @throws the error itself when it is none of these */
export function rpcErrorsOf(error: unknown): readonly RpcError[] {
  if (error instanceof RpcErrors) return error.errors
  if (error instanceof RpcError) return [error]
  throw error
}

export function errorNode({ tag, message, details }: RpcError): XmlNode {
  const { type = 'application', severity = 'error', appTag, path, info } = details
  const optional = (name: string, text: string | undefined): XmlNode[] =>
    text === undefined ? [] : [node(name, text)]
  return node(
    'rpc-error',
    [
      node('error-type', type),
      node('error-tag', tag),
      node('error-severity', severity),
      ...optional('error-app-tag', appTag),
      ...optional('error-path', path),
      ...optional('error-message', message),
      ...(info === undefined ? [] : [node('error-info', info)]),
    ],
    { namespace: BASE },
  )
}

export function badElement(tag: string, element: string, message: string, path?: string): RpcError {
  const info = [node('bad-element', element)]
  return new RpcError(tag, message, { info, ...(path === undefined ? {} : { path }) })
}
