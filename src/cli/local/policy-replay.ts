import { allAdapters, allWitnesses } from '../../../adapters/index.ts'
import { Replay, type ReplaySpan } from '../../app/replay/replay.ts'
import { type ReplayReport as Report, reportOf } from '../../app/replay/report.ts'
import type { ReplaySite } from '../../app/replay/world.ts'
import { type LoadedConfig, loadConfig } from '../../config/load.ts'
import { readPolicies } from '../../config/read-policies.ts'
import { ConfigError, problemText } from '../../config/yaml-file.ts'
import { BEGINNING, LedgerDamaged, readGroups } from '../../ledger/reader.ts'
import { CliError, EXIT } from '../exit.ts'
import { openForReading } from './read-only-files.ts'

/** What is to be replayed. Paths are absolute, times milliseconds since 1970. */
export interface ReplayAsked {
  readonly config: string
  /** Folder of the policies in question. */
  readonly policies: string
  readonly from: number
  readonly to: number
}

/** The report with its times as texts. */
export interface ReplayReport extends Omit<Report, 'trips'> {
  readonly trips: readonly (Omit<Report['trips'][number], 'at'> & { readonly at: string })[]
}

/** What came of it, or what is wrong with configuration or policies, each as `file:line:column: path: words`. */
export type Replayed =
  | { readonly ok: true; readonly ledger: string; readonly report: ReplayReport }
  | { readonly ok: false; readonly problems: readonly string[] }

/**
 * Decides about the triggers of a span again, by other policies and by the inventory, the placements and the limits of the
 * configuration. The ledger is read alone, also while its controller runs.
 * @throws CliError if it cannot be read
 */
export async function replayPolicies({ config, policies: folder, from, to }: ReplayAsked): Promise<Replayed> {
  const read = await readBoth(config, folder)
  if ('problems' in read) return { ok: false, problems: read.problems }
  const { loaded, policies } = read
  const { inventory, placements, limits, ledger } = loaded
  const site = { inventory, placements, limits, policies }
  const span = { from, to, retainEndedMs: ledger.retainEndedMs }
  const replay = await replayFolder(ledger.folder, site, span)
  const report = reportOf(replay, policies, inventory)
  const trips = report.trips.map((trip) => ({ ...trip, at: new Date(trip.at).toISOString() }))
  return { ok: true, ledger: ledger.folder, report: { ...report, trips } }
}

/** @throws CliError */
async function replayFolder(folder: string, site: ReplaySite, span: ReplaySpan): Promise<Replay> {
  const files = await openForReading(folder)
  const replay = new Replay(site, span)
  try {
    for await (const { recorded } of readGroups(files, BEGINNING)) if (replay.take(recorded)) break
  } catch (error) {
    if (!(error instanceof LedgerDamaged || isOfSystem(error))) throw error
    throw new CliError(EXIT.failure, `cannot read the ledger: ${error.message}`)
  }
  replay.end()
  return replay
}

function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}

type ReadBoth =
  | { readonly loaded: LoadedConfig; readonly policies: ReplaySite['policies'] }
  | { readonly problems: readonly string[] }

/** What is wrong with either is told at once. */
async function readBoth(config: string, folder: string): Promise<ReadBoth> {
  const problems: string[] = []
  const attempt = async <T>(read: Promise<T>): Promise<T | undefined> => {
    try {
      return await read
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems.map(problemText))
      return undefined
    }
  }
  const registry = { adapters: allAdapters(), witnesses: allWitnesses() }
  const loaded = await attempt(loadConfig(config, registry))
  const policies = await attempt(readPolicies(folder))
  if (policies?.length === 0)
    problems.push(`${folder}: no policy is in it; policies are files whose names end in .yaml`)
  if (loaded === undefined || policies === undefined || problems.length > 0) return { problems }
  return { loaded, policies: policies.map(({ policy }) => policy) }
}
