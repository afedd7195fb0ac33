// npm test [-- SUITE ... | FILE.test.ts ... | --node-option ...]: runs the tests, and fails when there were none.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebian, ensurePackages } from '../src/setup/ensure.mjs'
import { groupFiles, isShareable } from './groups.mjs'
import { judge } from './judge.mjs'
import { knownSeconds } from './seconds.mjs'
import { SUITES, suiteOf, testFiles } from './suites.mjs'

/** What the suites on real servers need. */
const PACKAGES = [
  ...['exabgp', 'bird2', 'gobgpd', 'frr', 'nftables'],
  ...['iproute2', 'podman', 'runc', 'procps', 'util-linux', 'libfaketime'],
]

/** Long enough for a lab on a slow machine; what takes longer hangs. */
const TIMEOUT_MS = 900_000

/** The suites whose files start controllers. */
const STARTING = ['crash', 'lab']

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
  return judge(run(groups, options), groups)
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

function run(groups, options) {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-test-'))
  const counts = join(folder, 'counts.json')
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        ...['--import', 'tsx', '--test', '--test-concurrency=2', `--test-timeout=${TIMEOUT_MS}`],
        ...['--test-reporter=./test/helpers/reporter.mjs', '--test-reporter-destination=stdout'],
        ...options,
        ...groups.map((files, index) => writeEntry(folder, index, files)),
      ],
      {
        stdio: ['ignore', 'inherit', 'inherit'],
        env: { ...process.env, CORDON_COUNTS: counts, ...built(groups.flat(), folder) },
      },
    )
    return { status, counts: existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : undefined }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Where several files start controllers, they are transpiled once for all of them. */
function built(files, folder) {
  if (files.filter((file) => STARTING.includes(suiteOf(file))).length < 2) return {}
  const { status } = spawnSync(process.execPath, ['test/helpers/transpile.mjs', folder], { stdio: 'inherit' })
  if (status !== 0) throw new Error('Cordon could not be transpiled.')
  return { CORDON_BUILT: folder }
}

/** The program of one process; its name says its turn, since Node starts files by their names. */
function writeEntry(folder, index, files) {
  const group = new URL('helpers/group.mjs', import.meta.url).href
  const path = join(folder, `${String(index).padStart(4, '0')}.mjs`)
  writeFileSync(path, `import { runGroup } from '${group}'\nawait runGroup(${JSON.stringify(files)})\n`)
  return path
}
