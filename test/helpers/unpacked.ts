import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const APT_MS = 120_000

/** The files of a Debian package in a folder, or why they cannot be had here. */
export type Unpacked = { readonly folder: string } | { readonly why: string }

/**
 * A Debian package that is not installed: its scripts want a service manager, or start what a test must not start. It is
 * downloaded once, and stays in the machine's folder for what is temporary. With `libraries`, all that it needs and this
 * machine has not is in the same folder.
 */
export function unpackDebian(name: string, { libraries = false } = {}): Unpacked {
  const all = join(tmpdir(), 'cordon-unpacked')
  const folder = join(all, name)
  if (process.getuid?.() !== 0) return { why: `needs root to download ${name}` }
  if (!existsSync('/usr/bin/apt-get')) return { why: `${name} comes from Debian, which this machine is not` }
  mkdirSync(all, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(all)
  // What is in it is run as root.
  if (uid !== 0 || (mode & 0o777) !== 0o700) return { why: `${all} is not root's alone; remove it` }
  if (existsSync(folder)) return { folder }
  const place = mkdtempSync(join(all, '.new-'))
  try {
    const why = download(name, place, libraries) ?? unpack(place)
    if (why !== undefined) return { why }
    // Another process may have been quicker.
    if (!existsSync(folder)) renameSync(join(place, 'files'), folder)
    return { folder }
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** Lists of packages that are old or missing are fetched once. */
function download(name: string, place: string, libraries: boolean): string | undefined {
  const once = () => {
    const more = libraries ? lackingFor(name) : []
    if (!Array.isArray(more)) return more.why
    return run(place, 'apt-get', '--quiet', 'download', name, ...more)
  }
  if (once() === undefined) return undefined
  return run(place, 'apt-get', '--quiet', 'update') ?? once()
}

function unpack(place: string): string | undefined {
  const archives = readdirSync(place).filter((file) => file.endsWith('.deb'))
  if (archives.length === 0) return 'apt-get downloaded nothing'
  for (const archive of archives) {
    const why = run(place, 'dpkg-deb', '--extract', archive, 'files')
    if (why !== undefined) return why
  }
  return undefined
}

/**
 * What would be installed beside a package. What would only be upgraded is left out (there the old version stands in
 * brackets): a newer C library than the loader of this machine helps nobody.
 */
function lackingFor(name: string): string[] | { readonly why: string } {
  const told = ask('/', 'apt-get', '--simulate', '--no-install-recommends', 'install', name)
  if (told.why !== undefined) return { why: told.why }
  const names = [...told.stdout.matchAll(/^Inst (\S+) \(/gm)].map(([, one = '']) => one)
  return names.filter((one) => one !== name)
}

/** What a program wrote, or what went wrong. */
type Told = { readonly stdout: string; readonly why?: undefined } | { readonly why: string }

/** @returns what went wrong */
function run(cwd: string, program: string, ...args: readonly string[]): string | undefined {
  const told = ask(cwd, program, ...args)
  return told.why
}

function ask(cwd: string, program: string, ...args: readonly string[]): Told {
  const options = { cwd, encoding: 'utf8', timeout: APT_MS } as const
  const { status, stdout, stderr, error } = spawnSync(program, args, options)
  if (status === 0) return { stdout }
  const said = error?.message ?? stderr.trim().split('\n').at(-1) ?? ''
  return { why: `${program} ${args.join(' ')}: ${said}` }
}
