import { readdirSync } from 'node:fs'

/** The names that `npm test -- NAME` takes, beside `all`. */
export const SUITES = ['unit', 'contract', 'property', 'http', 'web', 'simulation', 'crash', 'lab']

const FOLDERS = ['src', 'adapters', 'integrations', 'simulator', 'test']

/** Every test file but the benchmarks. Node 20 cannot be given a folder: it finds no `.ts` there and passes. */
export function testFiles() {
  return FOLDERS.flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .map((path) => `${folder}/${path}`)
      .filter((path) => path.endsWith('.test.ts') && !path.startsWith('test/bench/')),
  ).sort()
}

/** The suite of a file, by its ending or its folder. */
export function suiteOf(path) {
  const ending = /[.]([a-z]+)[.]test[.]ts$/.exec(path)?.[1]
  if (ending !== undefined && SUITES.includes(ending)) return ending
  // What others run, with the programs that it needs.
  if (path.startsWith('integrations/')) return 'contract'
  const folder = /^test\/([a-z]+)\//.exec(path)?.[1]
  return folder !== undefined && SUITES.includes(folder) ? folder : 'unit'
}
