// One line for each test or suite that stands at the top of a file, failures and skips in full, and Node's own closing
// lines. What was counted goes as JSON to the file named by CORDON_COUNTS, for test/judge.mjs. Each file is a suite of
// its process (see group.mjs), of which a file's end is what is reported after all that is in it.
import { writeFileSync } from 'node:fs'
import { basename, relative } from 'node:path'
import { inspect } from 'node:util'

const GROUP = new URL('group.mjs', import.meta.url).pathname

async function* report(events) {
  const counts = { tests: 0, failed: 0, skips: [], emptyFiles: [], failedProcesses: [], files: {} }
  let [file, top] = [newFile(), newTop()]
  for await (const { type, data } of events) {
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message
    if (type === 'test:diagnostic') yield diagnostic(data)
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const failed = type === 'test:fail'
    if (failed && !isOnlyItsParts(data)) yield failure(data)
    if (data.nesting === 0) {
      if (isFile(data)) endFile(counts, file, failed, data)
      else if (failed) endProcess(counts, data)
      file = newFile()
      continue
    }
    count(counts, file, top, failed, data)
    if (data.nesting > 1) continue
    file.ms += data.details?.duration_ms ?? 0
    yield `${failed ? 'FAIL' : 'ok  '} ${data.name} ${summary(top, data)}\n`
    top = newTop()
  }
  if (process.env['CORDON_COUNTS'] !== undefined) {
    writeFileSync(process.env['CORDON_COUNTS'], JSON.stringify(counts))
  }
}

function newFile() {
  return { tests: 0, reported: 0, ms: 0 }
}

function newTop() {
  return { tests: 0, skipped: 0 }
}

function count(counts, file, top, failed, data) {
  file.reported += 1
  if (data.skip !== undefined) {
    top.skipped += 1
    counts.skips.push({ name: data.name, why: String(data.skip === true ? 'no reason given' : data.skip) })
  }
  // A suite is its tests; what is left of it to count is that it was skipped.
  if (data.details?.type === 'suite') return
  top.tests += 1
  counts.tests += 1
  if (failed) counts.failed += 1
  if (data.skip === undefined) file.tests += 1
}

function endFile(counts, file, failed, data) {
  const { tests, ms } = file
  counts.files[data.name] = { tests, ms }
  if (failed && !isOnlyItsParts(data)) counts.failed += 1
  if (!failed && file.reported === 0) counts.emptyFiles.push(data.name)
}

/** It ended otherwise than well, or was ended. Without a file's end it is the judge who misses the file. */
function endProcess(counts, data) {
  counts.failed += 1
  counts.failedProcesses.push(data.name)
}

function isFile(data) {
  return data.file === GROUP
}

/** A suite that failed because of a test in it says nothing new. */
function isOnlyItsParts(data) {
  return data.details?.error?.failureType === 'subtestsFailed'
}

function failure(data) {
  const error = data.details?.error
  const text = inspect(error?.cause ?? error, { depth: 5 })
  return `\nnot ok: ${titleOf(data)}\n  ${placeOf(data)}\n${text.replace(/^/gm, '  ')}\n\n`
}

/** Node's closing lines stand at the outermost level, without a file. */
function diagnostic({ message, file, nesting }) {
  return nesting === 0 && file === undefined ? `# ${message}\n` : `     note: ${message}\n`
}

function titleOf(data) {
  return isProcess(data) ? `process ${Number.parseInt(basename(data.name), 10)}` : data.name
}

function placeOf(data) {
  return isFile(data) ? data.name : `${relative('', data.file ?? '')}:${data.line ?? ''}`
}

function isProcess(data) {
  return data.name === data.file
}

function summary(top, data) {
  const skipped = top.skipped > 0 ? `, ${top.skipped} skipped` : ''
  return `(${top.tests} ${top.tests === 1 ? 'test' : 'tests'}${skipped}, ${Math.round(data.details?.duration_ms ?? 0)} ms)`
}

export { report as default }
