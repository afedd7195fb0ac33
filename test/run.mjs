// npm test [-- SUITE ... | FILE.test.ts ... | --node-option ...]: runs the tests, and fails when there were none.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureDebian, ensurePackages } from '../src/setup/ensure.mjs'
import { SUITES, suiteOf, testFiles } from './suites.mjs'

/** What the suites on real servers need. */
const PACKAGES = [
  ...['exabgp', 'bird2', 'gobgpd', 'frr', 'nftables'],
  ...['iproute2', 'podman', 'runc', 'procps', 'util-linux', 'libfaketime'],
  ...['openssh-client', 'python3-ncclient', 'yangcli'],
]

/** Long enough for a lab on a slow machine; what takes longer hangs. */
const TIMEOUT_MS = 900_000

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
  return judge(run(chosen, options), chosen)
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

function run(files, options) {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-test-'))
  const counts = join(folder, 'counts.json')
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        ...['--import', 'tsx', '--test', '--test-concurrency=2', `--test-timeout=${TIMEOUT_MS}`],
        ...['--test-reporter=./test/helpers/reporter.mjs', '--test-reporter-destination=stdout'],
        ...options,
        ...files,
      ],
      { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CORDON_COUNTS: counts } },
    )
    return { status, counts: existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : undefined }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a green exit code does not tell: that anything ran at all. */
function judge({ status, counts }, files) {
  if (counts === undefined) {
    console.error('The test runner ended without a count.')
    return 1
  }
  const bySuite = new Map(SUITES.map((suite) => [suite, 0]))
  for (const [file, tests] of Object.entries(counts.byFile)) {
    bySuite.set(suiteOf(file), (bySuite.get(suiteOf(file)) ?? 0) + tests)
  }
  const asked = new Set(files.map(suiteOf))
  const parts = [...bySuite]
    .filter(([suite]) => asked.has(suite))
    .map(([suite, tests]) => `${suite} ${tests}`)
  console.log(`\n${parts.join(', ')} (tests that ran, by suite)`)
  console.log(slowest(counts.msByFile))
  for (const { name, why } of counts.skips) console.log(`skipped: ${name}: ${why}`)
  const faults = [...faultsOf(counts, bySuite, asked)]
  for (const fault of faults) console.error(fault)
  return status === 0 && faults.length === 0 ? 0 : 1
}

/** Where the time went, without that of starting each file's process. */
function slowest(msByFile) {
  const all = Object.entries(msByFile).sort(([, a], [, b]) => b - a)
  const sum = all.reduce((ms, [, one]) => ms + one, 0)
  const first = all.slice(0, 12).map(([file, ms]) => `${file} ${Math.round(ms / 1_000)}`)
  return `${all.length} files, ${Math.round(sum / 1_000)} s in tests; slowest (s): ${first.join(', ')}`
}

function* faultsOf(counts, bySuite, asked) {
  if (counts.tests === 0) yield 'FAIL: no test ran.'
  if (counts.failed > 0) yield `FAIL: ${counts.failed} failed.`
  for (const file of counts.emptyFiles) yield `FAIL: no test in ${file}.`
  const strict = process.env['CORDON_CI'] === '1'
  for (const suite of asked) {
    const skipped = !strict && counts.skips.length > 0
    if (bySuite.get(suite) === 0 && !skipped) yield `FAIL: no test of ${suite} ran.`
  }
  if (strict && counts.skips.length > 0)
    yield `FAIL: ${counts.skips.length} skipped, and this run may skip none.`
}
