import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../../eventually.ts'

/** Somebody at OpenSSH's client, with a terminal of its own at the router's side. */
export interface Expect {
  type(text: string): void
  /** Waits for what was not read yet to fit, and takes all of it. */
  read(until: RegExp): Promise<string>
  /** @returns OpenSSH's own exit status: 255 when the connection was lost */
  ended(): Promise<number | null>
  close(): Promise<void>
}

export interface OpenSsh {
  /** @param enter words before the command, such as those that lead into a namespace */
  shell(host: string, port: number, user: string, enter?: readonly string[]): Expect
  run(port: number, user: string, command: string): Promise<string>
  remove(): void
}

const DEADLINE_MS = 15_000

/** The password comes from a helper, as OpenSSH takes none on its command line. */
export function openSsh(password: string): OpenSsh {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-openssh-'))
  const helper = join(folder, 'askpass')
  writeFileSync(helper, `#!/bin/sh\necho ${password}\n`, { mode: 0o700 })
  const env = { ...process.env, SSH_ASKPASS: helper, SSH_ASKPASS_REQUIRE: 'force' }
  const common = ['-F', '/dev/null', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'StrictHostKeyChecking=no']
  return {
    shell(host, port, user, enter = []) {
      const words = [...enter, 'ssh', '-q', '-tt', ...common, '-p', `${port}`, `${user}@${host}`]
      return expectFrom(spawn(words[0] ?? '', words.slice(1), { env, stdio: ['pipe', 'pipe', 'ignore'] }))
    },
    run(port, user, command) {
      return new Promise((resolve, reject) => {
        const words = ['-q', ...common, '-p', `${port}`, `${user}@127.0.0.1`, command]
        execFile('ssh', words, { env, timeout: DEADLINE_MS }, (error, stdout) =>
          error ? reject(error) : resolve(stdout),
        )
      })
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function expectFrom(child: ChildProcess): Expect {
  let unread = ''
  child.stdout?.setEncoding('latin1').on('data', (text: string) => {
    unread += text
  })
  const closed = once(child, 'close').then(([code]) => code as number | null)
  return {
    type: (text) => void child.stdin?.write(text, 'latin1'),
    async read(until) {
      try {
        await eventually(`${until}`, DEADLINE_MS, () => until.test(unread))
      } catch (error) {
        throw new Error(`${String(error)}; there was ${JSON.stringify(unread.slice(-400))}`)
      }
      const text = unread
      unread = ''
      return text
    },
    ended: () => closed,
    async close() {
      child.kill()
      await closed
    },
  }
}
