/** Structured data of a message: an element with its parameters (RFC 5424 §6.3). */
export interface SyslogElement {
  /** `NAME@ENTERPRISE`, as names without a number are IANA's. */
  readonly id: string
  readonly parameters: Readonly<Record<string, string>>
}

/** One message, RFC 5424. */
export interface SyslogMessage {
  /** 0 to 23. */
  readonly facility: number
  /** 0 (emergency) to 7 (debug). */
  readonly severity: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly hostname: string
  readonly appName: string
  readonly processId: string
  readonly messageId: string
  readonly element: SyslogElement
  readonly text: string
}

/** Longest fields of the header, in characters (RFC 5424 §6). */
const MOST = { hostname: 255, appName: 48, processId: 128, messageId: 32 } as const

/** Says that the text behind it is UTF-8, as the RFC demands (§6.4). */
const BOM = '\uFEFF'

/** The message as it goes over the wire, without framing. */
export function syslogBytes(message: SyslogMessage): Buffer {
  const { facility, severity, at, element, text } = message
  const header = [
    `<${facility * 8 + severity}>1`,
    new Date(at).toISOString(),
    field(message.hostname, MOST.hostname),
    field(message.appName, MOST.appName),
    field(message.processId, MOST.processId),
    field(message.messageId, MOST.messageId),
  ]
  return Buffer.from(`${header.join(' ')} ${elementText(element)} ${BOM}${text}`)
}

/** Framed by octet counting, as TLS (RFC 5425 §4.3) and TCP (RFC 6587 §3.4.1) take it. */
export function framed(message: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${message.length} `), message])
}

/** Printable ASCII without spaces; nothing is said by a hyphen. */
function field(text: string, most: number): string {
  return text.replaceAll(/[^\x21-\x7e]/gu, '?').slice(0, most) || '-'
}

function elementText({ id, parameters }: SyslogElement): string {
  const parts = Object.entries(parameters).map(([name, value]) => `${name}="${escaped(value)}"`)
  return `[${[id, ...parts].join(' ')}]`
}

/** RFC 5424 §6.3.3: these three, and no others. */
function escaped(value: string): string {
  return value.replaceAll(/["\\\]]/g, '\\$&')
}
