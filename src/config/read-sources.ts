import { resolve } from 'node:path'
import { parseDuration } from '../domain/duration.ts'
import { isLoopback } from '../domain/safe-listening.ts'
import type { CrowdsecSource, Source, SpoolSource } from '../triggers/source.ts'
import type { Path, Problems } from './problems.ts'
import type { ConfigFile } from './schema.ts'

type SourceFile = NonNullable<ConfigFile['sources']>[number]

/** What each kind must have and may have beside. */
const FIELDS = {
  spool: { needs: ['folder', 'format'], may: [] },
  crowdsec: { needs: ['url', 'key'], may: ['ca', 'every', 'origins', 'scopes', 'scenarios'] },
} as const
const OF_ALL: readonly string[] = ['name', 'kind', 'token']

const EVERY = '10s'
const [SHORTEST, LONGEST] = [1_000, 300_000]

/** Reads `sources`, with every problem found in it; nothing is asked of them. @param formats names of all forms of triggers */
export function readSources(
  { sources = [] }: ConfigFile,
  folder: string,
  formats: Iterable<string>,
  found: Problems,
): readonly Source[] {
  found.refuseDoubles(['sources'], sources)
  const names = [...formats]
  const read = sources.flatMap((source, index): Source[] => {
    const at = ['sources', index]
    if (!hasItsFields(source, at, found)) return []
    const one =
      source.kind === 'spool'
        ? readSpool(source, folder, names, at, found)
        : readCrowdsec(source, folder, at, found)
    return one === undefined ? [] : [one]
  })
  refuseShared(read, found)
  return read
}

function hasItsFields(source: SourceFile, at: Path, found: Problems): boolean {
  const { needs, may } = FIELDS[source.kind]
  const missing = needs.filter((name) => source[name] === undefined)
  for (const name of missing) found.add(at, `a source of kind ${source.kind} needs ${name}`)
  const known = [...OF_ALL, ...needs, ...may]
  const foreign = Object.keys(source).filter((name) => !known.includes(name))
  for (const name of foreign) found.add([...at, name], `a source of kind ${source.kind} has no such field`)
  return missing.length + foreign.length === 0
}

function readSpool(
  { name, token, folder: where = '', format = '' }: SourceFile,
  folder: string,
  formats: readonly string[],
  at: Path,
  found: Problems,
): SpoolSource {
  found.requireKnown([...at, 'format'], 'form of triggers', format, formats)
  return { name, kind: 'spool', token, folder: resolve(folder, where), format }
}

/** Two that follow one folder would take each other's records. */
function refuseShared(sources: readonly Source[], found: Problems): void {
  const seen = new Map<string, string>()
  for (const [index, source] of sources.entries()) {
    if (source.kind !== 'spool') continue
    const other = seen.get(source.folder)
    if (other !== undefined) found.add(['sources', index, 'folder'], `${other} follows that folder already`)
    seen.set(source.folder, source.name)
  }
}

function readCrowdsec(
  { name, token, url = '', key = '', ca, every = EVERY, origins, scopes, scenarios }: SourceFile,
  folder: string,
  at: Path,
  found: Problems,
): CrowdsecSource | undefined {
  const wrong = whyNotAsk(url)
  if (wrong !== undefined) found.add([...at, 'url'], wrong)
  if (!/^(file|env):./.test(key))
    found.add([...at, 'key'], 'it must be a reference such as file:PATH or env:NAME, never the key itself')
  if (ca !== undefined && !url.startsWith('https:'))
    found.add([...at, 'ca'], 'certificates are of use with https alone')
  const ms = found.take([...at, 'every'], () => parseDuration(every))
  if (ms !== undefined && (ms < SHORTEST || ms > LONGEST)) found.add([...at, 'every'], 'is from 1s to 5m')
  if (ms === undefined) return undefined
  return {
    ...{ name, kind: 'crowdsec', token, url, key, every: ms },
    ...(ca === undefined ? {} : { ca: resolve(folder, ca) }),
    ...(origins === undefined ? {} : { origins }),
    ...(scopes === undefined ? {} : { scopes }),
    ...(scenarios === undefined ? {} : { scenarios }),
  }
}

/** The key of a bouncer goes with each question. */
function whyNotAsk(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username + url.password + url.search !== '')
    return `'${text}' is not an address such as http://127.0.0.1:8080/`
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  if (url.protocol === 'https:' || isLoopback(host)) return undefined
  return `the key would go to ${host} over the network in clear: use https, or a tunnel on 127.0.0.1`
}
