// What `npm test` says at its end of what the reporter counted, and whether that is good enough.
import { basename } from 'node:path'
import { writeSeconds } from './seconds.mjs'
import { SUITES, suiteOf } from './suites.mjs'

/** What a green exit code does not tell: that anything ran at all. @returns the exit code */
export function judge({ status, counts }, groups) {
  if (counts === undefined) {
    console.error('The test runner ended without a count.')
    return 1
  }
  const bySuite = new Map(SUITES.map((suite) => [suite, 0]))
  for (const [file, { tests }] of Object.entries(counts.files)) {
    bySuite.set(suiteOf(file), (bySuite.get(suiteOf(file)) ?? 0) + tests)
  }
  const asked = new Set(groups.flat().map(suiteOf))
  const parts = [...bySuite]
    .filter(([suite]) => asked.has(suite))
    .map(([suite, tests]) => `${suite} ${tests}`)
  console.log(`\n${parts.join(', ')} (tests that ran, by suite)`)
  console.log(slowest(counts.files, groups.length))
  for (const { name, why } of counts.skips) console.log(`skipped: ${name}: ${why}`)
  const faults = [...lossesOf(counts, groups), ...faultsOf(counts, bySuite, asked)]
  for (const fault of faults) console.error(fault)
  const good = status === 0 && faults.length === 0
  const table = process.env['CORDON_SECONDS']
  if (good && table !== undefined) writeSeconds(counts.files, table)
  return good ? 0 : 1
}

/** Where the time went, without that of starting each process. */
function slowest(files, processes) {
  const all = Object.entries(files).sort(([, a], [, b]) => b.ms - a.ms)
  const sum = all.reduce((ms, [, one]) => ms + one.ms, 0)
  const first = all.slice(0, 12).map(([file, { ms }]) => `${file} ${Math.round(ms / 1_000)}`)
  return `${all.length} files in ${processes} processes, ${Math.round(sum / 1_000)} s in tests; slowest (s): ${first.join(', ')}`
}

/** Files of which nothing was heard, whatever the exit codes were, and processes that failed beside their tests. */
function* lossesOf({ files, failedProcesses }, groups) {
  for (const group of groups) {
    const [culprit, ...others] = group.filter((file) => files[file] === undefined)
    if (culprit === undefined) continue
    const rest = others.length > 0 ? `; so these did not run: ${others.join(', ')}` : ''
    yield `FAIL: the process ended in ${culprit}${rest}.`
  }
  for (const entry of failedProcesses) {
    const group = groups[Number.parseInt(basename(entry), 10)] ?? []
    if (group.every((file) => files[file] !== undefined))
      yield `FAIL: the process that ran ${group.join(', ')} failed beside its tests.`
  }
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
