import { execFile } from 'node:child_process'
import { findExecutable } from './child.ts'

/** A listing of a whole table takes seconds at the most. */
const ANSWER_WITHIN_MS = 20_000
const LONGEST_ANSWER_BYTES = 256 * 1024 * 1024

/**
 * What a program prints, without a shell and with nothing of our environment but the search path.
 * @throws Error with the program's own words, when it is not there, fails, or takes too long
 */
export function ask(name: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const file = findExecutable(name)
  if (file === undefined) return Promise.reject(new Error(`there is no program ${name} here`))
  const options = {
    signal,
    timeout: ANSWER_WITHIN_MS,
    killSignal: 'SIGKILL',
    maxBuffer: LONGEST_ANSWER_BYTES,
    env: { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' },
    encoding: 'utf8',
  } as const
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const words = (stderr.trim() || stdout.trim() || error.message).split('\n').at(-1) ?? ''
      reject(new Error(error.killed === true ? `${name} took too long` : `${name}: ${words.slice(0, 300)}`))
    })
  })
}
