import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { eventually } from '../../simulator/eventually.ts'
import { startCraftedFlood } from '../../simulator/probe/crafted.ts'
import { type Flow, type Probe, startProbe } from '../../simulator/probe/probe.ts'
import type { BlockJson, Controller } from '../helpers/controller.ts'
import { FastNetMon, type Found } from '../helpers/fastnetmon.ts'
import { type LabSite, NFT, raiseLabSite } from '../helpers/lab-site.ts'

const ROOT = join(import.meta.dirname, '../..')
const SCRIPT = join(ROOT, 'integrations/fastnetmon/cordon-notify')
const SPAN = 'span'
/** In `writeLabSite` of the simulator the controller listens there; FastNetMon runs on the same machine. */
const URL = 'http://127.0.0.1:8321'
/** A flood is more than FastNetMon takes for one, and as much as the shipped policies take for one that goes on. */
const FLOOD_HZ = 3_000

/**
 * How long a block stays when FastNetMon says that it is over. Shipped are ten minutes, for which no test can wait;
 * IPv6 needs more than the second within which 1.2.4 bans a flood anew that goes on.
 */
export const HOLD_DOWN_MS = 3_000
/** For what FastNetMon says after some seconds, on a machine that is busy. */
export const SAID_MS = 25_000

const ICMP = 1
const ECHO_REPLY = 0
const PING_BYTES = 500
const PING_HZ = 2_000

/** From an NTP server that somebody has asked in the victim's name. */
export const NTP = 123

/** What is told of an event of the ledger, as far as it is looked at here. */
export interface Entry {
  readonly seq: number
  readonly at: string
  readonly type: string
  readonly id?: string
  readonly kind?: string
  readonly revision?: number
  readonly verdict?: string
  readonly deed?: string
  readonly policy?: string
  readonly rule?: string
  readonly block?: number
  readonly why?: string
}

/** Where the mirror sits: what the filter drops is seen in front of it and not behind it. */
const MIRRORED = { 'in front': 'to-border-bird', behind: 'to-sw-a' } as const

/**
 * The campus with FastNetMon on the controller's machine. It watches a mirror port of the border that filters, and tells
 * Cordon by the notify script as it is shipped; policies are the shipped ones but for their hold-down.
 */
export class FloodScene {
  readonly site: LabSite
  readonly detector: FastNetMon
  readonly #folder: string
  #controller: Controller | undefined

  private constructor(site: LabSite, folder: string, found: Found) {
    this.site = site
    this.#folder = folder
    const log = join(folder, 'syslog')
    this.detector = new FastNetMon({
      ...{ found, folder, lab: site.lab, node: 'mgmt', port: SPAN, script: SCRIPT },
      networks: ['203.0.113.0/25', '2001:db8:101::/48', '2001:db8:102::/48'],
      env: {
        CORDON_FASTNETMON_CONF: join(folder, 'notify.conf'),
        PATH: `${binWith(folder, 'logger', `#!/bin/sh\nshift 4\necho "$*" >>'${log}'\n`)}:${process.env['PATH']}`,
      },
    })
  }

  static async raise(found: Found): Promise<FloodScene> {
    const folder = mkdtempSync(join(tmpdir(), 'cordon-flood-'))
    try {
      const site = await raiseLabSite({ purpose: 'flood', policies: copyPolicies(folder) })
      const scene = new FloodScene(site, folder, found)
      try {
        await scene.#begin()
        return scene
      } catch (error) {
        await scene.dispose()
        throw error
      }
    } catch (error) {
      rmSync(folder, { recursive: true, force: true })
      throw error
    }
  }

  async #begin(): Promise<void> {
    const { lab } = this.site
    const far = ['peer', 'name', SPAN, 'netns', lab.namespaceOf('mgmt')]
    await this.#run(NFT, 'ip', 'link', 'add', 'dev', SPAN, 'type', 'veth', ...far)
    for (const node of [NFT, 'mgmt']) await this.#run(node, 'ip', 'link', 'set', SPAN, 'up')
    await this.mirror('in front')
    await this.startController()
    const token = { name: 'fastnetmon', roles: ['trigger'], origin: 'automatic', duration: '1d' }
    const { secret } = await this.controller.client.ask<{ secret: string }>('POST', '/v1/tokens', {
      body: token,
    })
    const tokenFile = join(this.#folder, 'token')
    writeFileSync(tokenFile, `${secret}\n`, { mode: 0o600 })
    const lines = [`URL=${URL}`, `TOKEN_FILE=${tokenFile}`, `SPOOL=${this.#spool}`, 'RETRY_MAX=1']
    writeFileSync(join(this.#folder, 'notify.conf'), `${lines.join('\n')}\n`)
    await this.detector.start()
  }

  get controller(): Controller {
    if (this.#controller === undefined) throw new Error('no controller was started')
    return this.#controller
  }

  async startController(): Promise<void> {
    this.#controller = await this.site.start()
    await this.site.ready(this.#controller)
  }

  /** Copies to the port of FastNetMon what comes and goes at that place of the border. */
  async mirror(place: keyof typeof MIRRORED): Promise<void> {
    const chain = (hook: string) =>
      `chain ${hook} {\ntype filter hook ${hook} device "${MIRRORED[place]}" priority -500;\ndup to "${SPAN}"\n}`
    const table = 'table netdev span'
    const file = join(this.#folder, 'span.nft')
    const lines = [table, `delete ${table}`, `${table} {`, chain('ingress'), chain('egress'), '}', '']
    writeFileSync(file, lines.join('\n'))
    await this.#run(NFT, 'nft', '-f', file)
  }

  /** Packets to a host, from a port of NTP unless told otherwise, until it is stopped. */
  async flood(to: string, more: Partial<Flow> & { readonly from?: string } = {}): Promise<Probe> {
    const { from = 'attacker', ...flow } = more
    const whole = {
      name: 'flood',
      to,
      family: 4,
      port: 9001,
      hz: FLOOD_HZ,
      sourcePort: NTP,
      ...flow,
    } as const
    return await startProbe(this.site.lab, { from, flows: [whole] })
  }

  /** Pings that are answers to nobody, 500 bytes each. */
  pings(to: string): { stop(): Promise<void> } {
    const packet = { family: 4, proto: ICMP, icmpType: ECHO_REPLY, length: PING_BYTES } as const
    return startCraftedFlood(this.site.lab, { from: 'attacker', to, packet, hz: PING_HZ })
  }

  /** Bytes a second that reach a host of department A, counted for so long. */
  async bytesTo(host: string, ms: number): Promise<number> {
    const count = async () => {
      const { stdout } = await this.site.lab.exec(host, ['cat', '/sys/class/net/to-sw-a/statistics/rx_bytes'])
      return { bytes: Number(stdout), at: performance.now() }
    }
    const first = await count()
    await pause(ms)
    const second = await count()
    return ((second.bytes - first.bytes) / (second.at - first.at)) * 1_000
  }

  /** The first trigger of an incident behind an event that `isIt`. */
  taken(id: string, after: number, isIt: (entry: Entry) => boolean): Promise<Entry> {
    return eventually(
      `news of ${id}; FastNetMon said ${this.detector.said.slice(-2_000)}`,
      SAID_MS,
      async () =>
        (await this.events(after)).find((one) => one.type === 'trigger.taken' && one.id === id && isIt(one)),
    )
  }

  /** What the ledger has recorded behind an event, the oldest first. */
  async events(after: number): Promise<Entry[]> {
    const kind = 'trigger.taken,blocks'
    const { entries } = await this.controller.client.ask<{ entries: Entry[] }>(
      'GET',
      `/v1/audit?after=${after}&limit=500&kind=${kind}`,
    )
    return entries
  }

  /** The number of the newest event. */
  async newest(): Promise<number> {
    const { entries } = await this.controller.client.ask<{ entries: Entry[] }>('GET', '/v1/audit?limit=1')
    return entries[0]?.seq ?? 0
  }

  /** The block that a trigger is about, once it is so. */
  standing(number: number | undefined, standing: BlockJson['standing']): Promise<BlockJson> {
    return eventually(`block ${number} to be ${standing}`, SAID_MS, async () => {
      const block = await this.controller.client.show(number ?? 0)
      return block.standing === standing && block
    })
  }

  /** What waits to be posted. */
  queued(): string[] {
    return readdirSync(join(this.#spool, 'queue'))
  }

  /** What the notify script said to syslog. */
  complaints(): string {
    try {
      return readFileSync(join(this.#folder, 'syslog'), 'utf8')
    } catch {
      return ''
    }
  }

  async dispose(): Promise<void> {
    await this.detector.end()
    // The lab ends what still delivers.
    await this.site.dispose()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }

  get #spool(): string {
    return join(this.#folder, 'spool')
  }

  async #run(node: string, ...argv: readonly string[]): Promise<void> {
    const { code, stderr } = await this.site.lab.exec(node, argv)
    if (code !== 0) throw new Error(`${argv.join(' ')} failed: ${stderr}`)
  }
}

function binWith(folder: string, name: string, text: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, name), text)
  chmodSync(join(bin, name), 0o755)
  return bin
}

/** The shipped policies with a hold-down that a test can wait for. */
function copyPolicies(folder: string): string {
  const [from, to] = [join(ROOT, 'policies/rules'), join(folder, 'policies')]
  mkdirSync(to)
  for (const name of readdirSync(from).filter((one) => one.endsWith('.yaml'))) {
    const policy = parse(readFileSync(join(from, name), 'utf8')) as { rules: { block?: object }[] }
    for (const { block } of policy.rules)
      if (block !== undefined && 'onClose' in block && typeof block.onClose === 'object')
        block.onClose = { after: `${HOLD_DOWN_MS / 1_000}s` }
    writeFileSync(join(to, name), stringify(policy))
  }
  return to
}
