import type { ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually } from '../../simulator/eventually.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { endChild } from './daemon.ts'
import { unpackDebian } from './unpacked.ts'

const NAME = 'fastnetmon'
const READY_MS = 20_000

/** Debian's FastNetMon as it was unpacked, with the libraries that it needs. */
export interface Found {
  readonly folder: string
}

/** Debian's FastNetMon, or why there is none. */
export function findFastNetMon(): Found | { readonly why: string } {
  return unpackDebian(NAME, { libraries: true })
}

export interface DetectorOptions {
  readonly found: Found
  readonly lab: Lab
  /** Where it runs, and the interface that it listens on. */
  readonly node: string
  readonly port: string
  /** For its configuration and its log. */
  readonly folder: string
  readonly networks: readonly string[]
  readonly script: string
  readonly env: Readonly<Record<string, string>>
}

/** FastNetMon, which can be ended and started anew: it remembers nothing. */
export class FastNetMon {
  readonly #options: DetectorOptions
  #child: ChildProcess | undefined
  #runs = 0
  #complaints = ''

  constructor(options: DetectorOptions) {
    this.#options = options
    const { found, folder, networks } = options
    writeFileSync(join(folder, 'networks'), `${networks.join('\n')}\n`)
    writeFileSync(join(folder, 'whitelist'), '')
    const shipped = readFileSync(join(found.folder, 'etc/fastnetmon.conf'), 'utf8')
    writeFileSync(this.#file('conf'), changed(shipped, settingsOf(options)))
  }

  /** Resolves once it listens. */
  async start(): Promise<void> {
    const { lab, node, found, env } = this.#options
    this.#runs += 1
    const paths = ['--configuration_file', this.#file('conf'), '--log_file', this.#log]
    const argv = [join(found.folder, 'usr/sbin', NAME), ...paths, '--disable_pid_logic']
    const libraries = { LD_LIBRARY_PATH: librariesIn(found.folder).join(':') }
    // Its log has times of the place where it runs.
    const all = { ...process.env, ...env, ...libraries, TZ: 'UTC' }
    const child = lab.spawnIn(node, argv, { stdio: ['ignore', 'ignore', 'pipe'], env: all })
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaints += text
    })
    this.#child = child
    await eventually(`FastNetMon to listen; it said ${this.said}`, READY_MS, () => {
      if (child.exitCode !== null) throw new Error(`FastNetMon ended: ${this.#complaints}${this.said}`)
      return this.said.includes('Start AF_PACKET worker process')
    })
  }

  /** As `systemctl stop` does it. */
  async end(): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child, 'SIGTERM')
    this.#child = undefined
  }

  /** When it called its script the last time for this, in milliseconds since 1970. @throws RangeError */
  called(what: 'ban' | 'unban', address: string): number {
    const line = this.said
      .split('\n')
      .findLast((one) => one.endsWith(`Call script for ${what} client: ${address}`))
    if (line === undefined) throw new RangeError(`FastNetMon has called nobody for the ${what} of ${address}`)
    return Date.parse(`${line.slice(0, 23).replace(' ', 'T').replace(',', '.')}Z`)
  }

  /** The log of its last run. */
  get said(): string {
    try {
      return readFileSync(this.#log, 'utf8')
    } catch {
      return ''
    }
  }

  get #log(): string {
    return this.#file(`log.${this.#runs}`)
  }

  #file(name: string): string {
    return join(this.#options.folder, `${NAME}.${name}`)
  }
}

/** What differs from Debian's configuration: it watches one port, decides as quickly as it can, and forgives soon. */
function settingsOf({ folder, port, script }: DetectorOptions): Readonly<Record<string, string | number>> {
  return {
    disable_usage_report: 'on',
    networks_list_path: join(folder, 'networks'),
    white_list_path: join(folder, 'whitelist'),
    mirror_afpacket: 'on',
    interfaces: port,
    monitor_local_ip_addresses: 'off',
    threshold_pps: 500,
    ban_for_bandwidth: 'off',
    average_calculation_time: 1,
    ban_time: 2,
    unban_only_if_attack_finished: 'on',
    ban_details_records_count: 100,
    notify_script_path: script,
    exabgp: 'off',
    gobgp: 'off',
    // These listen, and would meet those of another one.
    enable_api: 'off',
    prometheus: 'off',
    cli_stats_file_path: join(folder, 'stats4'),
    cli_stats_ipv6_file_path: join(folder, 'stats6'),
  }
}

function changed(shipped: string, settings: Readonly<Record<string, string | number>>): string {
  const kept = shipped.split('\n').filter((line) => !((line.split('=')[0] ?? '').trim() in settings))
  return [...kept, ...Object.entries(settings).map(([key, value]) => `${key} = ${value}`), ''].join('\n')
}

/** Debian's folders of one architecture. */
function librariesIn(folder: string): string[] {
  return ['lib', 'usr/lib'].flatMap((lib) => {
    const names = readdirSync(join(folder, lib), { withFileTypes: true })
    return names.filter((one) => one.isDirectory()).map(({ name }) => join(folder, lib, name))
  })
}
