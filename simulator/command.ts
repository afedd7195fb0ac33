import { spawn } from 'node:child_process'
import { once } from 'node:events'

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly input?: string
  readonly env?: NodeJS.ProcessEnv
  readonly deadlineMs?: number
}

/** Runs a command to its end; only a command that cannot be started or outlives its deadline throws. */
export async function runCommand(
  argv: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const [file = '', ...args] = argv
  const deadlineMs = options.deadlineMs ?? 20_000
  const child = spawn(file, args, {
    env: options.env ?? process.env,
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  })
  const stdout: Buffer[] = []
  const stderr: Buffer[] = []
  child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes))
  child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes))
  // a command may end before it has read its input; its exit code says what that means
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  if (code === null) throw new Error(`${argv.join(' ')} was ended by ${signal} (deadline ${deadlineMs} ms)`)
  return { code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }
}

/** As runCommand, for commands that must succeed. */
export async function mustRun(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  const result = await runCommand(argv, options)
  if (result.code === 0) return result.stdout
  throw new Error(`${argv.join(' ')} failed (${result.code}): ${result.stderr.trim()}`)
}
