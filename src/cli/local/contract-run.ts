import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { usage } from '../exit.ts'
import type { Trial } from './adapter-test.ts'

/** What became of one law of the contract. */
export interface TriedLaw {
  readonly law: string
  readonly result: 'ok' | 'not ok' | 'not tried'
  /** Why. */
  readonly words: string
}

export interface TriedLaws {
  readonly laws: readonly TriedLaw[]
  /** What was said beside them: why there are none, where there are none. */
  readonly words: string
}

const FOUR_UP = import.meta.url.endsWith('.js') ? '../' : ''
const ROOT = fileURLToPath(new URL(`../../../${FOUR_UP}`, import.meta.url))
const RUNNER = join(ROOT, 'test/contract/site-script-run.ts')
const REPORTER = join(ROOT, 'test/contract/law-lines.mjs')
/** What laws are made of: it is installed for development. */
const PROPERTIES = join(ROOT, 'node_modules/fast-check')

/**
 * Runs the contract suite of the repository in a process of its own. @param tell hears of each law as it is decided
 * @throws CliError where the suite is not installed
 */
export async function runContract(
  trial: Trial,
  env: NodeJS.ProcessEnv,
  signal: AbortSignal,
  tell: (law: TriedLaw) => void,
): Promise<TriedLaws> {
  for (const needed of [RUNNER, PROPERTIES])
    if (!existsSync(needed))
      throw usage(`the contract suite needs ${needed}: run this from the repository, after npm install`)
  const words = ['--import', 'tsx', `--test-reporter=${REPORTER}`, RUNNER]
  const child = spawn(process.execPath, words, {
    cwd: ROOT,
    env: { ...withoutRunner(env), CORDON_SITE_SCRIPT: JSON.stringify(trial) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = (): void => void child.kill('SIGTERM')
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => {
    said = `${said}${more}`.slice(-4_096)
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const laws: TriedLaw[] = []
  for await (const line of createInterface(child.stdout)) {
    const law = JSON.parse(line) as TriedLaw
    laws.push(law)
    tell(law)
  }
  await ended
  signal.removeEventListener('abort', stop)
  return { laws, words: said.trim() }
}

/** Within a test, Node's runner would speak to the one that has started us. */
function withoutRunner({ NODE_TEST_CONTEXT: _, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env
}
