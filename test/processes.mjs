// Runs groups of test files, each in a process of its own, three at a time: many of them wait.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suiteOf } from './suites.mjs'

/** Long enough for a lab on a slow machine; what takes longer hangs. */
const TIMEOUT_MS = 900_000

const REPORTER = new URL('helpers/reporter.mjs', import.meta.url)
const TRANSPILE = new URL('helpers/transpile.mjs', import.meta.url)

/** The suites whose files start controllers. */
const STARTING = ['crash', 'lab']

/**
 * @param groups files by their paths from the working folder
 * @param options of Node, for each process
 * @returns Node's exit status and what the reporter counted, if it came to its end
 */
export function runGroups(groups, options) {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-test-'))
  const counts = join(folder, 'counts.json')
  try {
    const { status } = spawnSync(
      process.execPath,
      [
        ...[
          '--import',
          import.meta.resolve('tsx'),
          '--test',
          '--test-concurrency=3',
          `--test-timeout=${TIMEOUT_MS}`,
        ],
        ...[`--test-reporter=${fileURLToPath(REPORTER)}`, '--test-reporter-destination=stdout'],
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
  const { status } = spawnSync(process.execPath, [fileURLToPath(TRANSPILE), folder], { stdio: 'inherit' })
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
