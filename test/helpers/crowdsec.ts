import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { eventually } from '../../simulator/eventually.ts'
import { endChild } from './daemon.ts'
import { type Netns, noNetns } from './netns.ts'
import { unpackDebian } from './unpacked.ts'

const PACKAGE = 'crowdsec'
const PORT = 8080
const STARTS_WITHIN_MS = 20_000

/** Debian's CrowdSec and a place to run it in, or why there is none. */
export function findCrowdsec(): { readonly unpacked: string } | { readonly why: string } {
  const why = noNetns('nft')
  if (why !== false) return { why }
  const found = unpackDebian(PACKAGE)
  if ('why' in found) return found
  // It was unpacked, not installed: nobody has looked for the library that it needs.
  const { status, stderr } = spawnSync(join(found.folder, 'usr/bin/cscli'), ['version'], { encoding: 'utf8' })
  return status === 0 ? { unpacked: found.folder } : { why: `cscli does not run: ${stderr.trim()}` }
}

interface Wanted {
  readonly unpacked: string
  readonly netns: Netns
  /** For its configuration and its database. */
  readonly folder: string
  /** Of its only bouncer. */
  readonly key: string
}

/** The local API of CrowdSec on a loopback of its own, without an agent and without the Central API. */
export class Crowdsec {
  readonly url = `http://127.0.0.1:${PORT}/`
  readonly #wanted: Wanted
  readonly #config: string
  #child: ChildProcess | undefined
  #said = ''

  constructor(wanted: Wanted) {
    this.#wanted = wanted
    this.#config = join(wanted.folder, 'config.yaml')
    const { unpacked, folder } = wanted
    for (const name of ['data', 'hub', 'notifications']) mkdirSync(join(folder, name), { recursive: true })
    for (const name of ['patterns', 'simulation.yaml', 'profiles.yaml', 'acquis.yaml'])
      cpSync(join(unpacked, 'etc/crowdsec', name), join(folder, name), { recursive: true })
    writeFileSync(join(folder, 'hub/.index.json'), '{}')
    writeFileSync(join(folder, 'login.yaml'), '')
    writeFileSync(this.#config, stringify(configOf(wanted)))
    this.tool(
      'machines',
      'add',
      'agent',
      '--password',
      'for-the-test',
      '-u',
      this.url,
      '-f',
      join(folder, 'login.yaml'),
    )
    this.tool('bouncers', 'add', 'cordon', '-k', wanted.key)
  }

  /** What it wrote so far. */
  get said(): string {
    return this.#said
  }

  /** Its command line. @throws when it fails */
  tool(...args: readonly string[]): string {
    const { netns, unpacked } = this.#wanted
    return netns.run(join(unpacked, 'usr/bin/cscli'), '-c', this.#config, ...args)
  }

  async start(): Promise<void> {
    const { netns, unpacked } = this.#wanted
    const program = join(unpacked, 'usr/bin/crowdsec')
    const argv = ['netns', 'exec', netns.name, program, '-c', this.#config, '-no-cs', '-no-capi']
    const child = spawn('ip', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text
      })
    await eventually(`CrowdSec answers; it said ${this.#said}`, STARTS_WITHIN_MS, () => {
      if (child.exitCode !== null) throw new Error(`CrowdSec ended: ${this.#said}`)
      return netns.run('ss', '-Hltn', `sport = :${PORT}`).trim() !== ''
    })
  }

  async end(): Promise<void> {
    if (this.#child !== undefined) await endChild(this.#child)
    this.#child = undefined
  }
}

function configOf({ unpacked, folder }: Wanted): object {
  const at = (...names: readonly string[]) => join(folder, ...names)
  return {
    common: {
      daemonize: false,
      log_media: 'stdout',
      log_level: 'warning',
      log_dir: folder,
      working_dir: '.',
    },
    config_paths: {
      config_dir: folder,
      data_dir: at('data'),
      simulation_path: at('simulation.yaml'),
      hub_dir: at('hub'),
      index_path: at('hub/.index.json'),
      notification_dir: at('notifications'),
      plugin_dir: join(unpacked, 'usr/lib/crowdsec/plugins'),
    },
    crowdsec_service: { acquisition_path: at('acquis.yaml'), parser_routines: 1 },
    cscli: { output: 'human' },
    db_config: { log_level: 'warning', type: 'sqlite', use_wal: true, db_path: at('data/crowdsec.db') },
    plugin_config: { user: 'nobody', group: 'nogroup' },
    api: {
      client: { insecure_skip_verify: false, credentials_path: at('login.yaml') },
      server: {
        log_level: 'warning',
        listen_uri: `127.0.0.1:${PORT}`,
        profiles_path: at('profiles.yaml'),
        trusted_ips: ['127.0.0.1'],
      },
    },
    prometheus: { enabled: false },
  }
}
