// npm test [-- SUITE ... | FILE.test.ts ... | --node-option ...]: runs the tests, and fails when there were none.
import { existsSync } from 'node:fs'
import { ensureDebian, ensurePackages } from '../src/setup/ensure.mjs'
import { groupFiles, isShareable } from './groups.mjs'
import { judge } from './judge.mjs'
import { runGroups } from './processes.mjs'
import { knownSeconds } from './seconds.mjs'
import { SUITES, suiteOf, testFiles } from './suites.mjs'

/** What the suites on real servers need. */
const PACKAGES = [
  ...['exabgp', 'bird2', 'gobgpd', 'frr', 'nftables'],
  ...['iproute2', 'podman', 'runc', 'procps', 'util-linux', 'curl', 'libfaketime'],
  ...['openssh-client', 'openssh-server', 'netconfd', 'libyuma-base', 'python3-ncclient', 'yangcli'],
  ...['python3', 'jq'],
  ...['slapd', 'freeradius', 'freeradius-ldap', 'freeradius-utils', 'eapoltest'],
]

process.chdir(new URL('..', import.meta.url).pathname)
ensurePackages()
const { words } = ensureDebian({ packages: PACKAGES, why: 'the suites on real routers' })
if (words !== '') console.error(`${words}\nThe tests that need them say so and are skipped.`)
process.exitCode = main(process.argv.slice(2))

function main(words) {
  const { suites, files, options, unknown } = readWords(words)
  if (unknown.length > 0) {
    console.error(
      `Unknown: ${unknown.join(' ')}. Suites are ${SUITES.join(', ')} and all; or name test files.`,
    )
    return 2
  }
  const chosen = files.length > 0 ? files : testFiles().filter((file) => suites.includes(suiteOf(file)))
  const empty =
    files.length > 0
      ? []
      : namedSuites(words).filter((suite) => !chosen.some((file) => suiteOf(file) === suite))
  if (chosen.length === 0 || empty.length > 0) {
    console.error(`No test file${empty.length > 0 ? ` in ${empty.join(', ')}` : ''}.`)
    return 1
  }
  // Files that somebody names are run as they would be alone.
  const groups = groupFiles(chosen, knownSeconds(), files.length > 0 ? () => false : isShareable)
  return judge(runGroups(groups, options), groups)
}

function readWords(words) {
  const options = words.filter((word) => word.startsWith('--'))
  const files = words.filter((word) => word.endsWith('.test.ts') && existsSync(word))
  const named = namedSuites(words)
  const unknown = words.filter(
    (word) => word !== 'all' && !options.includes(word) && !files.includes(word) && !named.includes(word),
  )
  return { suites: named.length > 0 ? named : SUITES, files, options, unknown }
}

function namedSuites(words) {
  return words.includes('all') ? [] : words.filter((word) => SUITES.includes(word))
}
