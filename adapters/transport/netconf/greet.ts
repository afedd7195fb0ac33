import type { Clock } from '../../../src/domain/clock.ts'
import { AdapterError } from '../../adapter.ts'
import type { SshChannel, SshConnection } from '../ssh.ts'
import { within } from '../within.ts'
import { EndDeframer, frameWithEnd } from './framing.ts'
import { type Hello, OUR_HELLO, readHello } from './hello.ts'
import { XmlReader } from './xml.ts'

export interface Greeted {
  readonly hello: Hello
  /** What came behind it already, and comes until somebody else listens. */
  readonly behind: Buffer[]
}

const HELLO_WITHIN_MS = 15_000

/** Exchanges hellos (RFC 6241 §8.1). @throws AdapterError */
export async function greet(
  connection: SshConnection,
  channel: SshChannel,
  clock: Clock,
  signal: AbortSignal,
): Promise<Greeted> {
  let forget = (): void => {}
  const limits = { clock, ms: HELLO_WITHIN_MS, late: 'the NETCONF subsystem did not say hello', signal }
  const greeted = within<Greeted>(limits, (resolve, fail) => {
    forget = connection.onOver(fail)
    const behind: Buffer[] = []
    const read = helloReader((hello) => resolve({ hello, behind }))
    channel.onData((bytes) => {
      try {
        const rest = read(bytes)
        if (rest !== undefined) behind.push(rest)
      } catch (error) {
        const words = error instanceof Error ? error.message : String(error)
        fail(new AdapterError('rejected', `it does not speak NETCONF: ${words}`, 'bad-netconf'))
      }
    })
    channel.onEnd(() => fail(new AdapterError('unreachable', 'the NETCONF subsystem has ended')))
    channel.write(frameWithEnd(OUR_HELLO))
  })
  return await greeted.finally(() => forget())
}

/** Reads the hello, which always ends as in base:1.0, behind a banner that some devices write before it. */
function helloReader(done: (hello: Hello) => void): (bytes: Buffer) => Buffer | undefined {
  const pieces: Buffer[] = []
  const deframer = new EndDeframer({ piece: (bytes) => void pieces.push(Buffer.from(bytes)), end: () => {} })
  let read = false
  return (bytes) => {
    if (read) return bytes
    const rest = deframer.upToEnd(bytes)
    if (rest === undefined) return undefined
    read = true
    const text = Buffer.concat(pieces).toString('utf8')
    const begin = text.search(/<(\?xml|([\w.-]+:)?hello\b)/)
    const reader = new XmlReader()
    reader.take(Buffer.from(begin < 0 ? text : text.slice(begin), 'utf8'))
    done(readHello(reader.end()))
    return rest
  }
}
