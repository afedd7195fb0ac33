import { type ChildProcess, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { endChild } from './daemon.ts'
import { type Netns, noNetns } from './netns.ts'
import { unpackDebian } from './unpacked.ts'

const PACKAGE = 'crowdsec-firewall-bouncer'

/** Debian's bouncer and a place to run it in, or why there is none. */
export function findBouncer(): { readonly binary: string } | { readonly why: string } {
  const why = noNetns('nft')
  if (why !== false) return { why }
  const found = unpackDebian(PACKAGE)
  return 'why' in found ? found : { binary: join(found.folder, 'usr/bin', PACKAGE) }
}

interface Wanted {
  readonly binary: string
  readonly netns: Netns
  /** For its configuration. */
  readonly folder: string
  readonly url: string
  readonly key: string
}

const TABLES = {
  4: ['ip', 'crowdsec', 'crowdsec-blacklists'],
  6: ['ip6', 'crowdsec6', 'crowdsec6-blacklists'],
}

/** CrowdSec's firewall bouncer with nftables, which asks each second. */
export class FirewallBouncer {
  readonly #netns: Netns
  readonly #child: ChildProcess
  #said = ''

  constructor({ binary, netns, folder, url, key }: Wanted) {
    this.#netns = netns
    const config = join(folder, 'bouncer.yaml')
    writeFileSync(config, stringify(configOf(folder, url, key)))
    const argv = ['netns', 'exec', netns.name, binary, '-c', config]
    this.#child = spawn('ip', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said += text
      })
  }

  /** What it wrote so far. */
  get said(): string {
    return this.#said
  }

  /** Addresses that it drops, and for how many seconds each was put there; `undefined` while it has no set. */
  set(family: 4 | 6): ReadonlyMap<string, number> | undefined {
    if (this.#child.exitCode !== null) throw new Error(`the bouncer ended: ${this.#said}`)
    try {
      return elementsOf(this.#netns.run('nft', '-j', 'list', 'set', ...TABLES[family]))
    } catch {
      return undefined
    }
  }

  async end(): Promise<void> {
    await endChild(this.#child)
  }
}

function configOf(folder: string, url: string, key: string) {
  const [, table4, set4] = TABLES[4]
  const [, table6, set6] = TABLES[6]
  const family = (table: string | undefined) => ({
    enabled: true,
    'set-only': false,
    table,
    chain: `${table}-chain`,
  })
  return {
    ...{ mode: 'nftables', pid_dir: folder, update_frequency: '1s', daemonize: false },
    ...{ log_mode: 'stdout', log_level: 'info', api_url: url, api_key: key },
    ...{ insecure_skip_verify: false, disable_ipv6: false, deny_action: 'DROP', deny_log: false },
    ...{ supported_decisions_types: ['ban'], blacklists_ipv4: set4, blacklists_ipv6: set6 },
    nftables: { ipv4: family(table4), ipv6: family(table6) },
    prometheus: { enabled: false, listen_addr: '127.0.0.1', listen_port: 60601 },
  }
}

interface Listing {
  readonly nftables: readonly {
    readonly set?: {
      readonly elem?: readonly (
        | string
        | { readonly elem: { readonly val: string; readonly timeout: number } }
      )[]
    }
  }[]
}

function elementsOf(listing: string): ReadonlyMap<string, number> {
  const { nftables } = JSON.parse(listing) as Listing
  const elements = nftables.flatMap(({ set }) => set?.elem ?? [])
  return new Map(
    elements.map((one) =>
      typeof one === 'string' ? [one, Number.POSITIVE_INFINITY] : [one.elem.val, one.elem.timeout],
    ),
  )
}
