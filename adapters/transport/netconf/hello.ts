import { childrenOf, type XmlElement } from './xml.ts'

export const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const BASE_1_0 = 'urn:ietf:params:netconf:base:1.0'
const BASE_1_1 = 'urn:ietf:params:netconf:base:1.1'
const CAPABILITY = 'urn:ietf:params:netconf:capability:'

export type Base = '1.0' | '1.1'

/** What a server said of itself (RFC 6241 §8.1). */
export interface Hello {
  readonly sessionId: string
  readonly base: Base
  /** URIs without their parameters. */
  readonly capabilities: ReadonlySet<string>
}

/** Sent at once, without waiting for the server's (RFC 6241 §8.1). */
export const OUR_HELLO = `<?xml version="1.0" encoding="UTF-8"?><hello xmlns="${BASE}"><capabilities><capability>${BASE_1_0}</capability><capability>${BASE_1_1}</capability></capabilities></hello>`

/** @throws Error when it is no hello of a server that we can speak to */
export function readHello(element: XmlElement): Hello {
  if (element.name !== 'hello') throw new Error(`a ${element.name} came where a hello was due`)
  const sessionId = element.children.find(({ name }) => name === 'session-id')?.text.trim()
  if (sessionId === undefined || !/^[1-9][0-9]*$/.test(sessionId))
    throw new Error('its hello has no session-id (RFC 6241 §8.1)')
  const listed = childrenOf(
    element.children.find(({ name }) => name === 'capabilities'),
    'capability',
  ).map(({ text }) => text.trim())
  const capabilities = new Set(listed.map((uri) => uri.split('?')[0] ?? uri))
  // Old Junos lists the base as a capability of XML namespaces.
  const old = capabilities.has(BASE_1_0) || capabilities.has(BASE)
  if (!capabilities.has(BASE_1_1) && !old) throw new Error('its hello names neither base:1.0 nor base:1.1')
  return { sessionId, base: capabilities.has(BASE_1_1) ? '1.1' : '1.0', capabilities }
}

/** Whether it announced a capability of RFC 6241 §8 in one of these versions, such as `candidate`. */
export function offers({ capabilities }: Hello, name: string, ...versions: readonly string[]): boolean {
  return (versions.length === 0 ? ['1.0'] : versions).some((version) =>
    capabilities.has(`${CAPABILITY}${name}:${version}`),
  )
}
