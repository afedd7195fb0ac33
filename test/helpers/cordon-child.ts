import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { PROGRAM, type Program } from './controller.ts'

/** Longer than any command of a test may take. */
const ENDS_WITHIN = 30_000

export interface Ran {
  readonly exit: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Somebody at a terminal of their own, with the token that is theirs. */
export interface Terminal {
  /** Runs `cordon` as a process. @param input what it reads on standard input */
  run(line: readonly string[], input?: string): Promise<Ran>
}

/** @param env what says where the controller is, and who asks */
export function terminalOf(
  env: { readonly CORDON_URL: string; readonly CORDON_TOKEN: string },
  program: Program = PROGRAM,
): Terminal {
  const [file = '', ...words] = program
  return {
    async run(line, input = '') {
      const child = spawn(file, [...words, ...line], {
        env: { PATH: process.env['PATH'], TZ: 'UTC', ...env },
        timeout: ENDS_WITHIN,
        killSignal: 'SIGKILL',
      })
      child.stdin.on('error', () => {})
      child.stdin.end(input)
      const ended = new Promise<number | null>((resolve, reject) => {
        child.once('error', reject)
        child.once('close', resolve)
      })
      const [stdout, stderr, exit] = await Promise.all([text(child.stdout), text(child.stderr), ended])
      return { exit, stdout, stderr }
    },
  }
}
