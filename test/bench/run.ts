import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, release, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type Program, transpile } from '../helpers/controller.ts'
import { accept } from './accept.ts'
import { bgp } from './bgp.ts'
import { command } from './command.ts'
import type { Figure } from './figures.ts'
import { lab, labBackbone } from './lab.ts'
import { netconf } from './netconf.ts'
import { replay } from './replay.ts'
import { appendJson, notesOf, tableOf } from './report.ts'
import { retention } from './retention.ts'
import { scale } from './scale.ts'
import type { Bench, Suite } from './suite.ts'
import { told } from './told.ts'
import { trigger } from './trigger.ts'

/** npm run bench -- [SUITE…] [--json FILE] [--quick] [--profile FOLDER]: see docs/benchmarks.md. */

const SUITES: Readonly<Record<string, Suite>> = {
  accept,
  command,
  trigger,
  told,
  scale,
  retention,
  replay,
  bgp,
  netconf,
  lab,
  'lab-backbone': labBackbone,
}

interface Wanted {
  readonly suites: readonly string[]
  readonly json: string | undefined
  readonly quick: boolean
  readonly profile: string | undefined
}

function readWanted(): Wanted {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'string' }, quick: { type: 'boolean' }, profile: { type: 'string' } },
  })
  for (const name of positionals) {
    if (!(name in SUITES))
      throw new Error(`there is no suite '${name}'; there are ${Object.keys(SUITES).join(', ')}`)
  }
  const suites = positionals.length === 0 ? Object.keys(SUITES) : positionals
  return { suites, json: values.json, quick: values.quick ?? false, profile: values.profile }
}

/** Runs one suite in a folder that goes with it. @returns whether it could be run */
async function runSuite(
  name: string,
  bench: Omit<Bench, 'folder'>,
  json: string | undefined,
): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-bench-'))
  console.error(`\n${name} (${conditions()})`)
  try {
    const figures = await SUITES[name]?.({ ...bench, folder })
    show(figures ?? [])
    if (json !== undefined) appendJson(json, figures ?? [])
    return true
  } catch (error) {
    console.error(`${name} could not be run: ${error instanceof Error ? error.stack : String(error)}`)
    return false
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function show(figures: readonly Figure[]): void {
  console.log(`\n${tableOf(figures)}\n${notesOf(figures)}`)
}

/** Nothing that is measured means anything on a machine that is busy otherwise. */
function conditions(): string {
  const load = loadavg()[0]?.toFixed(1)
  return `Node ${process.versions.node}, Linux ${release()}, load ${load}, ${new Date().toISOString()}`
}

/** Every controller then leaves a CPU profile when it ends; the figures suffer from it. */
function profiled([node = process.execPath, ...words]: Program, folder: string): Program {
  return [node, '--cpu-prof', `--cpu-prof-dir=${resolve(folder)}`, ...words]
}

async function main(): Promise<void> {
  const { suites, json, quick, profile } = readWanted()
  const built = transpile()
  const bench = {
    program: profile === undefined ? built.program : profiled(built.program, profile),
    quick,
    say: (words: string) => console.error(`  ${words}`),
    count: (whole: number) => (quick ? Math.max(1, Math.ceil(whole / 20)) : whole),
  }
  try {
    if (quick) console.error('quick: the figures mean nothing')
    let allRan = true
    for (const name of suites) allRan = (await runSuite(name, bench, json)) && allRan
    process.exitCode = allRan ? 0 : 1
  } finally {
    built.remove()
  }
}

await main()
