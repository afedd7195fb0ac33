import { spawn } from 'node:child_process'
import { accessSync } from 'node:fs'

/** Why there is no radclient here, or false: what `skip` of a test takes. */
export function noRadclient(): string | false {
  try {
    accessSync('/usr/bin/radclient')
    return false
  } catch {
    return 'freeradius-utils is not installed'
  }
}

export interface RadclientOptions {
  readonly host?: string
  readonly port: number
  readonly secret: string
  readonly command: 'acct' | 'auth' | 'coa' | 'disconnect'
  /** such as `User-Name = "alice"`, each */
  readonly attributes: readonly string[]
  /** how often it asks, with a pause of so many seconds; once, with one second */
  readonly tries?: number
  readonly pause?: number
}

/** What came back: the answers by name in order, those that radclient threw away as forged among the complaints. */
export interface RadclientResult {
  /** such as `Disconnect-ACK`, or undefined when nobody answered */
  readonly answer: string | undefined
  /** of the answer, each as radclient writes it, such as `Error-Cause = Session-Context-Not-Found` */
  readonly attributes: readonly string[]
  /** how often it asked */
  readonly sent: number
  readonly complaints: string
}

/** Asks once by FreeRADIUS's own client, which signs and checks by itself. */
export async function radclient(options: RadclientOptions): Promise<RadclientResult> {
  const { host = '127.0.0.1', port, secret, command, attributes, tries = 1, pause = 1 } = options
  const server = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const family = host.includes(':') ? '-6' : '-4'
  const words = [family, '-x', '-r', String(tries), '-t', String(pause), server, command, secret]
  const child = spawn('/usr/bin/radclient', words, { stdio: 'pipe' })
  let out = ''
  let complaints = ''
  child.stdout.on('data', (bytes: Buffer) => {
    out += bytes.toString()
  })
  child.stderr.on('data', (bytes: Buffer) => {
    complaints += bytes.toString()
  })
  child.stdin.end(`${attributes.join('\n')}\n`)
  await new Promise((resolve, reject) => {
    child.once('close', resolve)
    child.once('error', reject)
  })
  return { ...readAnswer(out), complaints }
}

function readAnswer(out: string): Omit<RadclientResult, 'complaints'> {
  const lines = out.split('\n')
  const at = lines.findIndex((line) => line.startsWith('Received '))
  const rest = at === -1 ? [] : lines.slice(at + 1)
  const end = rest.findIndex((line) => !line.startsWith('\t'))
  return {
    answer: /^Received (\S+)/.exec(lines[at] ?? '')?.[1],
    attributes: rest.slice(0, end === -1 ? undefined : end).map((line) => line.trim()),
    sent: lines.filter((line) => line.startsWith('Sent ')).length,
  }
}
