// Which test files share a process, and in which order the processes start. A process of its own costs a file about a
// second before its first test, and a long file that starts last has the machine to itself.
import { readFileSync } from 'node:fs'
import { suiteOf } from './suites.mjs'

const SHARING = new Set(['unit', 'property', 'http'])
/** As much as is worth having in one process: a group must not become the long file that ends last. */
const MOST_FILES = 25
const MOST_SECONDS = 40
/** From here on its start is no longer what a file costs. */
const LONG_SECONDS = 15
/** Of a file that nobody has measured. */
const UNKNOWN_SECONDS = 1

/** What changes the process that it runs in, or the clock of everything there. */
const OWN_PROCESS =
  /process\.(exit\b|exitCode|chdir|on\(|once\(|umask|title)|process\.env(\.\w+|\[[^\]]+\])\s*=[^=]|delete process\.env|mock\.(timers|method)|globalThis|faketime/i

/** @returns lists of files, a process each, the longest first */
export function groupFiles(files, seconds, shareable) {
  const weightOf = (file) => seconds[file] ?? UNKNOWN_SECONDS
  const mayShare = (file) => weightOf(file) < LONG_SECONDS && shareable(file)
  const groups = files.filter((file) => !mayShare(file)).map((file) => [file])
  let group = []
  // Neighbours by name import much the same.
  for (const file of files.filter(mayShare)) {
    const full = group.length === MOST_FILES || total([...group, file], weightOf) > MOST_SECONDS
    if (full || group.length === 0) {
      group = []
      groups.push(group)
    }
    group.push(file)
  }
  return groups.sort((a, b) => total(b, weightOf) - total(a, weightOf))
}

/** Whether a file leaves its process to others as it found it. */
export function isShareable(file) {
  return SHARING.has(suiteOf(file)) && !OWN_PROCESS.test(readFileSync(file, 'utf8'))
}

function total(group, weightOf) {
  return group.reduce((sum, file) => sum + weightOf(file), 0)
}
