import { accessSync, constants, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseDuration } from '../domain/duration.ts'
import { isLoopback } from '../domain/safe-listening.ts'
import type { Problems } from './problems.ts'
import type { ConfigFile } from './schema.ts'

/** Where the audit is exported to. `tls` left out: in clear, on loopback. Paths are absolute. */
export interface SyslogConfig {
  readonly host: string
  readonly port: number
  readonly tls?: {
    readonly caFile?: string
    readonly certFile?: string
    readonly keyFile?: string
    readonly servername?: string
  }
  readonly facility: NonNullable<SyslogFields['facility']>
  readonly hostname?: string
  readonly appName: string
}

/** The site's own executable, and how long it may take, in milliseconds. */
export interface PagerConfig {
  readonly command: readonly [string, ...string[]]
  readonly timeout: number
}

type SyslogFields = NonNullable<NonNullable<ConfigFile['audit']>['syslog']>

export function readSyslog({ audit }: ConfigFile, folder: string, found: Problems): SyslogConfig | undefined {
  if (audit?.syslog === undefined) return undefined
  const { host, port, tls = {}, facility = 'audit', hostname, appName = 'cordon' } = audit.syslog
  const at = ['audit', 'syslog']
  if (tls === true) found.add([...at, 'tls'], 'may be false; for TLS leave it out, or give what it needs')
  if (tls === false && !isLoopback(host))
    found.add(
      [...at, 'tls'],
      `the audit would go to ${host} over the network in clear: leave tls out, or send it to a relay on 127.0.0.1`,
    )
  if (typeof tls === 'object' && (tls.certFile === undefined) !== (tls.keyFile === undefined))
    found.add([...at, 'tls'], 'certFile and keyFile go together')
  return {
    ...{ host, port, facility, appName },
    ...(hostname === undefined ? {} : { hostname }),
    ...(typeof tls === 'object' ? { tls: inFolder(tls, folder) } : {}),
  }
}

type TlsFields = NonNullable<SyslogConfig['tls']>

function inFolder({ servername, ...files }: TlsFields, folder: string): TlsFields {
  const paths = Object.entries(files).map(([name, path]) => [name, resolve(folder, path)] as const)
  return { ...(Object.fromEntries(paths) as TlsFields), ...(servername === undefined ? {} : { servername }) }
}

const DEFAULT_TIMEOUT = '10s'

export function readPager({ pager }: ConfigFile, folder: string, found: Problems): PagerConfig | undefined {
  if (pager === undefined) return undefined
  const [name = '', ...rest] = pager.command
  // A name alone is looked for in PATH, as everywhere.
  const file = name.includes('/') ? resolve(folder, name) : name
  if (name.includes('/') && !isExecutable(file))
    found.add(['pager', 'command', 0], `${file} is no file that this user can run`)
  const timeout = found.take(['pager', 'timeout'], () => parseDuration(pager.timeout ?? DEFAULT_TIMEOUT)) ?? 0
  if (timeout > LONGEST) found.add(['pager', 'timeout'], 'is over 5m; other pages wait for so long')
  return { command: [file, ...rest], timeout }
}

const LONGEST = 300_000

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}
