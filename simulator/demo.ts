import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Forwarder, startForwarder } from './forward.ts'
import type { Lab } from './lab-handle.ts'
import { raiseLab } from './raise.ts'
import { writeLabSite, writeMemorySite } from './site.ts'

/** What `npm start` runs: the example site, its routers where they can be simulated, and the controller. */
const ROOT = join(import.meta.dirname, '..')
const FOLDER = process.env['CORDON_FOLDER'] ?? join(ROOT, 'var')
const PORT = Number(process.env['CORDON_PORT'] ?? 8321)
const MISSING = process.env['CORDON_MISSING'] ?? ''

async function tryRaise(): Promise<Lab | undefined> {
  if (MISSING !== '') {
    console.log(`No routers are simulated: ${MISSING}`)
    return undefined
  }
  try {
    return await raiseLab({ tied: true, engine: 'netns', name: process.env['CORDON_LAB'] ?? 'campus' })
  } catch (error) {
    console.log(`No routers are simulated: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

function startController(lab: Lab | undefined, config: string): ChildProcess {
  const argv = [process.execPath, join(ROOT, 'src', 'cli', 'cordon.mjs'), 'serve', '--config', config]
  if (lab !== undefined) return lab.spawnIn('mgmt', argv, { stdio: 'inherit' })
  return spawn(argv[0] ?? 'node', argv.slice(1), { stdio: 'inherit' })
}

interface Access {
  readonly url: string
  readonly token: string
}

/** The controller writes this file, for its user alone, once it answers. */
async function accessOf(path: string, controller: ChildProcess): Promise<Access> {
  while (!existsSync(path)) {
    if (controller.exitCode !== null || controller.signalCode !== null) {
      throw new Error('the controller did not start; it says why above')
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return JSON.parse(readFileSync(path, 'utf8')) as Access
}

function sayWelcome(lab: Lab | undefined, { url, token }: Access): void {
  const routers =
    lab === undefined
      ? 'devices in memory: nothing is enforced'
      : `a simulated campus, ${lab.nodes.length} nodes (npm run lab -- status)`
  const lines = [
    '',
    `Cordon answers at ${url}, on ${routers}.`,
    `Token: ${token}`,
    '',
    'Three commands to try, in another terminal in this folder:',
    "  npx cordon block 203.0.113.10 --for 1h --reason 'first block'",
    '  npx cordon explain 203.0.113.10',
    '  npx cordon unblock 203.0.113.10',
    '',
    'Ctrl-C ends it.',
  ]
  console.log(lines.join('\n'))
}

async function main(): Promise<void> {
  mkdirSync(FOLDER, { recursive: true, mode: 0o700 })
  const access = join(FOLDER, 'access.json')
  const lab = await tryRaise()
  const site = {
    folder: FOLDER,
    placements: join(ROOT, 'policies', 'placement.yaml'),
    policies: join(ROOT, 'policies', 'rules'),
    advice: join(ROOT, 'policies', 'advice'),
    port: PORT,
  }
  const config = lab === undefined ? writeMemorySite(site) : writeLabSite(lab, site)
  rmSync(access, { force: true })
  let forwarder: Forwarder | undefined
  const controller = startController(lab, config)
  const ended = once(controller, 'exit')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => controller.kill('SIGTERM'))
  try {
    const found = await accessOf(access, controller)
    if (lab !== undefined)
      forwarder = await startForwarder(lab.runtimeFolder, PORT, lab.socketPath('api.sock'))
    sayWelcome(lab, found)
    const [code] = (await ended) as [number | null]
    process.exitCode = code ?? 0
  } finally {
    controller.kill('SIGTERM')
    await ended
    await forwarder?.stop()
    await lab?.down()
  }
}

await main()
