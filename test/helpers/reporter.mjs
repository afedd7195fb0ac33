// One line for each top-level test or suite, failures and skips in full, and Node's own closing lines. What was counted
// goes as JSON to the file named by CORDON_COUNTS, for test/run.mjs to judge.
import { writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { inspect } from 'node:util'

async function* report(events) {
  const counts = { tests: 0, failed: 0, skips: [], emptyFiles: [], byFile: {}, msByFile: {} }
  let group = newGroup()
  for await (const { type, data } of events) {
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message
    if (type === 'test:diagnostic') yield diagnostic(data)
    if (type !== 'test:pass' && type !== 'test:fail') continue
    count(counts, group, type, data)
    if (type === 'test:fail' && !isOnlyItsParts(data)) yield failure(data)
    if (data.nesting > 0) continue
    const file = relative('', data.file ?? 'unknown')
    counts.msByFile[file] = (counts.msByFile[file] ?? 0) + (data.details?.duration_ms ?? 0)
    yield `${type === 'test:pass' ? 'ok  ' : 'FAIL'} ${titleOf(data)} ${summary(group, data)}\n`
    group = newGroup()
  }
  if (process.env['CORDON_COUNTS'] !== undefined) {
    writeFileSync(process.env['CORDON_COUNTS'], JSON.stringify(counts))
  }
}

function newGroup() {
  return { tests: 0, skipped: 0 }
}

function count(counts, group, type, data) {
  if (data.skip !== undefined) {
    group.skipped += 1
    counts.skips.push({
      name: titleOf(data),
      why: String(data.skip === true ? 'no reason given' : data.skip),
    })
  }
  // A suite is its tests; what is left of it to count is that it was skipped.
  if (data.details?.type === 'suite') return
  // Node 20 counts a file without a test as one test that passed.
  if (type === 'test:pass' && data.nesting === 0 && data.name === data.file) {
    counts.emptyFiles.push(relative('', data.file))
    return
  }
  group.tests += 1
  counts.tests += 1
  if (type === 'test:fail') counts.failed += 1
  if (data.skip !== undefined) return
  const file = relative('', data.file ?? 'unknown')
  counts.byFile[file] = (counts.byFile[file] ?? 0) + 1
}

/** A suite that failed because of a test in it says nothing new. */
function isOnlyItsParts(data) {
  return data.details?.error?.failureType === 'subtestsFailed'
}

function failure(data) {
  const error = data.details?.error
  const text = inspect(error?.cause ?? error, { depth: 5 })
  return `\nnot ok: ${titleOf(data)}\n  ${relative('', data.file ?? '')}:${data.line ?? ''}\n${text.replace(/^/gm, '  ')}\n\n`
}

/** Node's closing lines stand at the outermost level, without a file. */
function diagnostic({ message, file, nesting }) {
  return nesting === 0 && file === undefined ? `# ${message}\n` : `     note: ${message}\n`
}

function titleOf(data) {
  return data.name === data.file ? relative('', data.file) : data.name
}

function summary(group, data) {
  const skipped = group.skipped > 0 ? `, ${group.skipped} skipped` : ''
  return `(${group.tests} ${group.tests === 1 ? 'test' : 'tests'}${skipped}, ${Math.round(data.details?.duration_ms ?? 0)} ms)`
}

export { report as default }
