import { readFile } from 'node:fs/promises'
import { extname, resolve } from 'node:path'
import { type HostFormat, readHosts } from '../inventory/host-files.ts'
import type { KnownHost } from '../inventory/known-hosts.ts'
import { LineProblems } from '../inventory/line-problems.ts'
import type { Problems } from './problems.ts'

const FORMATS: Readonly<Record<string, HostFormat>> = {
  '.csv': 'csv',
  '.json': 'json',
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
}

export interface HostFiles {
  readonly hosts: readonly KnownHost[]
  /** Absolute paths. */
  readonly files: readonly string[]
}

/** Reads the files of `site.hosts`. What one host is said to be twice must be the same in each place. */
export async function readHostFiles(
  paths: readonly string[],
  folder: string,
  departments: ReadonlySet<string>,
  problems: Problems,
): Promise<HostFiles> {
  const hosts = new Map<string, KnownHost>()
  const files = paths.map((path) => resolve(folder, path))
  for (const [index, file] of files.entries()) {
    const place = ['site', 'hosts', index]
    const format = FORMATS[extname(file).toLowerCase()]
    if (format === undefined) {
      problems.add(place, `a file of hosts ends in ${Object.keys(FORMATS).join(', ')}; this does not`)
      continue
    }
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      problems.add(place, `cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    })
    if (text === undefined) continue
    const found = new LineProblems()
    for (const { line, ...host } of readHosts(text, format, found)) {
      const key = `${host.name} ${host.address}`
      const wrong = whyNot(host, hosts.get(key), departments)
      if (wrong !== undefined) found.add(line, wrong)
      else hosts.set(key, { ...hosts.get(key), ...host })
    }
    for (const { line, message } of found.list) problems.addAt(file, line, message)
  }
  return { hosts: [...hosts.values()], files }
}

function whyNot(
  { name, department }: KnownHost,
  before: KnownHost | undefined,
  departments: ReadonlySet<string>,
): string | undefined {
  if (department === undefined) return undefined
  if (!departments.has(department))
    return `there is no department '${department}'; known are ${[...departments].join(', ') || 'none'}`
  const said = before?.department
  if (said === undefined || said === department) return undefined
  return `${name} is in department ${said} by another line; it can be in one`
}
