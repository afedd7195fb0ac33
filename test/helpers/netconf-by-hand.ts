import { type ChildProcessByStdio, spawn, spawnSync } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
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
const NUDGE = '0'
const NOTHING =
  '<get-config><source><running/></source><filter type="subtree"><nothing xmlns="urn:nothing"/></filter></get-config>'
const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0'

export async function netconfByHand(
  server: Pick<Sshd, 'port' | 'username' | 'privateKeyFile'>,
): Promise<HandSession> {
  const child = startSsh(server)
  const read = messagesOf(child)
  const send = (id: string, operation: string): void =>
    void child.stdin.write(`<rpc message-id="${id}" xmlns="${BASE}">${operation}</rpc>${END}`)
  const rpc = async (operation: string): Promise<string> => {
    send('1', operation)
    let reply = await read()
    while (reply.includes(`message-id="${NUDGE}"`)) reply = await read()
    if (reply.includes('rpc-error>')) throw new Error(reply)
    return reply
  }
  child.stdin.write(
    `<hello xmlns="${BASE}"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>${END}`,
  )
  await read()
  await greeted(rpc, () => send(NUDGE, NOTHING))
  return {
    rpc,
    running: () => rpc('<get-config><source><running/></source></get-config>'),
    edit: async (config, target = 'candidate') =>
      void (await rpc(`<edit-config><target><${target}/></target><config>${config}</config></edit-config>`)),
    commit: async () => void (await rpc('<commit/>')),
    dispose: () => endChild(child),
  }
}

/** netconfd sleeps over an operation that it has read at once with the hello, until more comes. */
async function greeted(rpc: HandSession['rpc'], nudge: () => void): Promise<void> {
  const timer = setTimeout(nudge, 2_000)
  await rpc(NOTHING).finally(() => clearTimeout(timer))
}

type Ssh = ChildProcessByStdio<Writable, Readable, null>

function startSsh({
  privateKeyFile,
  port,
  username,
}: Pick<Sshd, 'port' | 'username' | 'privateKeyFile'>): Ssh {
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
      ...['-F', '/dev/null', '-i', privateKeyFile, '-p', String(port)],
      ...['-s', `${username}@127.0.0.1`, 'netconf'],
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  child.stdin.on('error', () => undefined)
  return child
}

/** @returns what resolves with the next message; one at a time */
function messagesOf(child: Ssh): () => Promise<string> {
  let text = ''
  let ended = false
  let waiting: { done: (message: string) => void; fail: (error: Error) => void } | undefined
  const give = (): void => {
    const end = text.indexOf(END)
    if (waiting === undefined || (end < 0 && !ended)) return
    const { done, fail } = waiting
    waiting = undefined
    if (end < 0) return fail(new Error('the session has ended'))
    const message = text.slice(0, end)
    text = text.slice(end + END.length)
    done(message)
  }
  child.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
    give()
  })
  child.on('close', () => {
    ended = true
    give()
  })
  return () =>
    new Promise((done, fail) => {
      waiting = { done, fail }
      give()
    })
}
