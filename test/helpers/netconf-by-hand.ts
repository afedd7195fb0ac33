import { spawn, spawnSync } from 'node:child_process'
import { endChild } from './daemon.ts'
import type { Sshd } from './sshd.ts'

/** Why there is no OpenSSH client here, or false: what `skip` of a test takes. */
export function noSsh(): string | false {
  return spawnSync('ssh', ['-V'], { stdio: 'ignore' }).error === undefined ? false : 'ssh is not installed'
}

/**
 * A person's NETCONF session: OpenSSH's client and XML by hand, with the framing of base:1.0. It shares nothing with the
 * adapter, so it can tell what the adapter did, and do what others do to the device.
 */
export interface HandSession {
  /** Sends an operation; resolves with the whole reply. @throws Error with the reply when it holds an error */
  rpc(operation: string): Promise<string>
  /** The running configuration, as XML. */
  running(): Promise<string>
  /** Puts XML into a datastore. */
  edit(config: string, target?: 'candidate' | 'running'): Promise<void>
  commit(): Promise<void>
  dispose(): Promise<void>
}

const END = ']]>]]>'
const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0'

export async function netconfByHand(
  server: Pick<Sshd, 'port' | 'username' | 'privateKeyFile'>,
): Promise<HandSession> {
  const options = [
    'StrictHostKeyChecking=no',
    'UserKnownHostsFile=/dev/null',
    'LogLevel=ERROR',
    'BatchMode=yes',
  ]
  const child = spawn(
    'ssh',
    [
      ...options.flatMap((option) => ['-o', option]),
      ...['-F', '/dev/null', '-i', server.privateKeyFile, '-p', String(server.port)],
      ...['-s', `${server.username}@127.0.0.1`, 'netconf'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  let text = ''
  let waiting: { done: (message: string) => void; fail: (error: Error) => void } | undefined
  let ended = false
  const give = (): void => {
    const end = text.indexOf(END)
    if (waiting === undefined) return
    if (end < 0) return ended ? waiting.fail(new Error('the session has ended')) : undefined
    const { done } = waiting
    waiting = undefined
    const message = text.slice(0, end)
    text = text.slice(end + END.length)
    done(message)
  }
  child.stdin.on('error', () => undefined)
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
    give()
  })
  child.on('close', () => {
    ended = true
    give()
  })
  const read = (): Promise<string> =>
    new Promise((done, fail) => {
      waiting = { done, fail }
      give()
    })
  const rpc = async (operation: string): Promise<string> => {
    child.stdin.write(`<rpc message-id="1" xmlns="${BASE}">${operation}</rpc>${END}`)
    const reply = await read()
    if (reply.includes('rpc-error>')) throw new Error(reply)
    return reply
  }
  // Before the server's: netconfd waits for ever over a hello and an operation that arrive together.
  child.stdin.write(
    `<hello xmlns="${BASE}"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>${END}`,
  )
  await read()
  return {
    rpc,
    running: () => rpc('<get-config><source><running/></source></get-config>'),
    edit: async (config, target = 'candidate') =>
      void (await rpc(`<edit-config><target><${target}/></target><config>${config}</config></edit-config>`)),
    commit: async () => void (await rpc('<commit/>')),
    dispose: () => endChild(child),
  }
}
