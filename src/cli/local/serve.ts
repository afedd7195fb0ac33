import { readFile } from 'node:fs/promises'
import { startController } from '../../main.ts'

/** The ledger could not be written: what is in memory is not on disk. */
const FATAL = 70

/** Runs the controller until SIGTERM or SIGINT; then says what goes on without it. @throws ConfigError and others */
export async function serve({ config }: { readonly config: string }): Promise<void> {
  const ending = firstSignal()
  const controller = await startController({
    configPath: config,
    version: await ownVersion(),
    env: process.env,
    onFatal: die,
  })
  say(`cordon answers at ${controller.url}`)
  const signal = await ending
  say(`${signal}: stopping; the network stays as it is:`)
  for (const line of await controller.close()) say(`  ${line}`)
}

function say(line: string): void {
  process.stderr.write(`${line}\n`)
}

function die(error: unknown): void {
  say(
    `the ledger could not be written: ${error instanceof Error ? error.message : String(error)}; the controller ends, devices stay as they are`,
  )
  process.exit(FATAL)
}

function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })
}

async function ownVersion(): Promise<string> {
  const built = import.meta.url.endsWith('.js') ? '../' : ''
  const text = await readFile(new URL(`../../../${built}package.json`, import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
