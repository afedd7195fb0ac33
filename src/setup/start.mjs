// npm start: installs what is missing, then starts the example site and the controller.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { ensureDebian, ensurePackages } from './ensure.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

ensurePackages()
const { missing, words } = ensureDebian({
  packages: ['exabgp', 'bird2', 'nftables', 'iproute2', 'util-linux'],
  why: 'the simulated routers',
})

const child = spawn(process.execPath, ['--import', 'tsx', 'simulator/demo.ts'], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, ...(missing.length > 0 ? { CORDON_MISSING: words } : {}) },
})
// The terminal sends Ctrl-C to all of us; who ends last is the child, which has things to clear away.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => {
  process.exitCode = code ?? (signal === null ? 0 : 1)
})
