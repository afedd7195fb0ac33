// What this machine must have before anything of Cordon runs: plain Node, as nothing is installed yet.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withoutStartingServices } from './services.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Installs the npm packages when they are missing or are not those of the lockfile. Returns whether it did.
 * @param {{ say?: (line: string) => void, root?: string }} options
 */
export function ensurePackages({ say = console.error, root = ROOT } = {}) {
  if (packagesAreInstalled(root)) return false
  say('Installing the npm packages of package-lock.json ...')
  // Not `npm ci`: it refuses a lockfile that lacks optional packages of other platforms, and npm leaves them out of the
  // lockfile where a registry does not serve them. The comparison afterwards is as strict.
  const { status, error } = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund'], {
    cwd: root,
    // What npm prints is progress; stdout is for what was asked for.
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error(`npm install failed: ${error?.message ?? `exit status ${status}`}`)
  if (!packagesAreInstalled(root))
    throw new Error('package-lock.json and package.json do not agree: run npm install')
  return true
}

/** By content, since a fresh checkout makes every file look new. */
function packagesAreInstalled(root) {
  const installed = packagesIn(join(root, 'node_modules', '.package-lock.json'))
  const wanted = packagesIn(join(root, 'package-lock.json'))
  if (installed === undefined || wanted === undefined) return false
  for (const [path, { version, optional, devOptional }] of wanted) {
    const there = installed.get(path)
    if (there === undefined ? !(optional || devOptional) : there.version !== version) return false
  }
  return [...installed.keys()].every((path) => wanted.has(path))
}

function packagesIn(lockfile) {
  if (!existsSync(lockfile)) return undefined
  const { packages } = JSON.parse(readFileSync(lockfile, 'utf8'))
  return new Map(Object.entries(packages).filter(([path]) => path !== ''))
}

/**
 * Installs those of the Debian packages that are missing, when this is root on Debian or Ubuntu; their services are
 * not started. Otherwise `missing` lists them and `words` says what to do about it.
 * @param {{ packages: string[], why: string, say?: (line: string) => void }} options
 * @returns {{ installed: string[], missing: string[], words: string }}
 */
export function ensureDebian({ packages, why, say = console.error }) {
  if (!isDebian()) {
    const words = `This machine is neither Debian nor Ubuntu. For ${why}, install what they call ${list(packages)}.`
    return { installed: [], missing: packages, words }
  }
  const missing = packages.filter((name) => !isInstalled(name))
  if (missing.length === 0) return { installed: [], missing: [], words: '' }
  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`
  if (process.getuid?.() !== 0) {
    return { installed: [], missing, words: `Missing for ${why}: ${list(missing)}. As root: ${command}` }
  }
  say(`Installing ${list(missing)} for ${why}; no service of theirs is started ...`)
  withoutStartingServices(() => {
    apt('update')
    apt('install', '--yes', '--no-install-recommends', ...missing)
  })
  const still = missing.filter((name) => !isInstalled(name))
  if (still.length > 0) throw new Error(`apt-get said it is done, but ${list(still)} is not installed`)
  return { installed: missing, missing: [], words: '' }
}

function list(names) {
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : names.join()
}

function isDebian() {
  if (!existsSync('/etc/os-release') || !existsSync('/usr/bin/apt-get')) return false
  return /^(ID|ID_LIKE)=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'))
}

function isInstalled(name) {
  const { status, stdout } = spawnSync('dpkg-query', ['--status', name], { encoding: 'utf8' })
  return status === 0 && /^Status: \S+ ok installed$/m.test(stdout)
}

function apt(...words) {
  const options = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Dpkg::Options::=--force-confold', '--quiet']
  const { status, error } = spawnSync('apt-get', [...options, ...words], {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_MODE: 'l' },
  })
  if (status !== 0)
    throw new Error(`apt-get ${words[0]} failed: ${error?.message ?? `exit status ${status}`}`)
}
