// How long test files take, by which `npm test` plans its processes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'

const FILE = new URL('seconds.json', import.meta.url)
/** What takes less need not be told from what nobody has measured. */
const LEAST = 2

/** Seconds by file, as the gate measured them when somebody last had them written. */
export function knownSeconds() {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

/** Writes what was known, with what a run measured (`ms` by file) in place of what was known of its files. */
export function writeSeconds(files, path) {
  const measured = Object.entries(files).map(([file, { ms }]) => [file, Math.round(ms / 1_000)])
  const all = Object.entries({ ...knownSeconds(), ...Object.fromEntries(measured) })
  const kept = all.filter(([file, seconds]) => seconds >= LEAST && existsSync(file))
  const text = JSON.stringify(Object.fromEntries(kept.sort(([a], [b]) => (a < b ? -1 : 1))), null, 2)
  writeFileSync(path, `${text}\n`)
}
