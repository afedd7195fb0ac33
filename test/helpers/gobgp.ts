import { execFile } from 'node:child_process'
import { accessSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from './bird.ts'
import { freePort, Restartable } from './daemon.ts'
import {
  componentName,
  type FlagTest,
  type FlowRouter,
  flagsText,
  isOfFlags,
  type NumberTest,
  numbersText,
  type RouterOptions,
  rateText,
  type SeenFlow,
} from './seen-flow.ts'

/** Why no gobgpd can be started here, or false: what `skip` of a test takes. */
export function noGobgp(): string | false {
  try {
    accessSync('/usr/bin/gobgpd')
    accessSync('/usr/bin/gobgp')
    return false
  } catch {
    return 'gobgpd is not installed'
  }
}

export interface Gobgp extends FlowRouter {
  /** Where its API listens. */
  readonly api: number
}

/** A real gobgpd with a BGP session that waits for a speaker at 127.0.0.1. */
export async function startGobgp(options: RouterOptions = {}): Promise<Gobgp> {
  const folder = mkdtempSync('/tmp/cordon-gobgp-')
  const address = options.address ?? '127.0.0.3'
  const [port, api] = await Promise.all([freePort(address), freePort(address)])
  const file = join(folder, 'gobgpd.toml')
  writeFileSync(file, configText(options, address, port), { mode: 0o600 })
  const args = ['-f', file, '--api-hosts', `${address}:${api}`, '--pprof-disable', '--disable-stdlog']
  const gobgpd = new Restartable(['/usr/bin/gobgpd', ...args])
  const ask = (...words: readonly string[]): Promise<string> => askGobgp(address, api, words)
  const gobgp: Gobgp = {
    address,
    port,
    api,
    flows: async () => [...(await flowsOf(ask, 4)), ...(await flowsOf(ask, 6))],
    routes: async () =>
      new Set(Object.keys({ ...(await ribOf(ask, 'ipv4')), ...(await ribOf(ask, 'ipv6')) })),
    established: async () => (await stateOf(ask))?.session_state === ESTABLISHED,
    drops: async () => dropsOf(await stateOf(ask)),
    async start() {
      gobgpd.start()
      await until(() => stateOf(ask).then(Boolean, () => false))
    },
    stop: () => gobgpd.stop(),
    async dispose() {
      await gobgpd.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await gobgp.start()
  } catch (error) {
    await gobgp.dispose()
    throw error
  }
  return gobgp
}

const FAMILIES = ['ipv4-unicast', 'ipv6-unicast', 'ipv4-flowspec', 'ipv6-flowspec']

function configText(options: RouterOptions, address: string, port: number): string {
  const families = FAMILIES.map(
    (family) => `[[neighbors.afi-safis]]
config = { afi-safi-name = "${family}" }
mp-graceful-restart = { config = { enabled = true } }
`,
  )
  return `[global.config]
as = ${options.localAs ?? 65030}
router-id = "127.0.0.3"
port = ${port}
local-address-list = ["${address}"]
[[neighbors]]
config = { neighbor-address = "127.0.0.1", peer-as = ${options.peerAs ?? 65010} }
transport = { config = { passive-mode = true, local-address = "${address}" } }
ebgp-multihop = { config = { enabled = true } }
graceful-restart = { config = { enabled = true, restart-time = 120 } }
${families.join('')}${refusalText(options)}${bmpText(options)}`
}

function refusalText({ refuses }: RouterOptions): string {
  if (refuses === undefined) return ''
  return `[[defined-sets.prefix-sets]]
prefix-set-name = "refused"
[[defined-sets.prefix-sets.prefix-list]]
ip-prefix = "${refuses}"
masklength-range = "0..32"
[[policy-definitions]]
name = "in"
[[policy-definitions.statements]]
conditions = { match-prefix-set = { prefix-set = "refused" } }
actions = { route-disposition = "reject-route" }
[global.apply-policy.config]
import-policy-list = ["in"]
default-import-policy = "accept-route"
`
}

function bmpText({ bmp }: RouterOptions): string {
  if (bmp === undefined) return ''
  const names = bmp.views.map((view) => (view === 'loc-rib' ? 'local-rib' : view))
  const policy = names.length > 1 ? 'all' : names[0]
  return `[[bmp-servers]]
config = { address = "127.0.0.1", port = ${bmp.port}, route-monitoring-policy = "${policy}" }
`
}

const run = promisify(execFile)

type Ask = (...words: readonly string[]) => Promise<string>

async function askGobgp(address: string, api: number, words: readonly string[]): Promise<string> {
  const { stdout } = await run('/usr/bin/gobgp', ['-u', address, '-p', String(api), '-j', ...words], {
    maxBuffer: 1 << 28,
  })
  return stdout
}

/** States of RFC 4271 §8.2.2, in the API's numbers; they are in the order in which a session comes up. */
const OPEN_CONFIRM = 5
const ESTABLISHED = 6

interface PeerState {
  readonly session_state?: number
  readonly messages?: { readonly received?: { readonly open?: number } }
}

// Its own count, `flops`, leaves out every session that lasted half a minute.
function dropsOf(state: PeerState | undefined): number {
  const opened = state?.messages?.received?.open ?? 0
  return (state?.session_state ?? 0) >= OPEN_CONFIRM ? opened - 1 : opened
}

async function stateOf(ask: Ask): Promise<PeerState | undefined> {
  const peers = JSON.parse(await ask('neighbor')) as readonly { readonly state: PeerState }[]
  return peers[0]?.state
}

/** What `gobgp -j global rib` prints: the paths by the text of what they lead to. */
type Rib = Readonly<Record<string, readonly RibPath[]>>

interface RibPath {
  readonly nlri: { readonly value?: readonly WireComponent[] }
  readonly attrs: readonly { readonly type: number; readonly value?: unknown }[]
}

interface WireComponent {
  readonly type: number
  readonly value: { readonly prefix: string } | readonly WireTest[]
  /** In bits; only prefixes of IPv6 have one. */
  readonly offset?: number
}

/** An operator octet of RFC 8955 §4.2.1 and its operand. */
interface WireTest {
  readonly op: number
  readonly value: number
}

async function ribOf(ask: Ask, family: string): Promise<Rib> {
  return JSON.parse(await ask('global', 'rib', '-a', family)) as Rib
}

async function flowsOf(ask: Ask, family: 4 | 6): Promise<SeenFlow[]> {
  const rib = await ribOf(ask, `ipv${family}-flowspec`)
  return Object.values(rib).flatMap((paths) =>
    paths.map((path) => ({
      family,
      match: new Map(path.nlri.value?.map(wireComponent)),
      actions: path.attrs.filter(({ type }) => EXTENDED_COMMUNITIES.has(type)).flatMap(wireActions),
    })),
  )
}

function wireComponent({ type, value, offset }: WireComponent): [name: string, text: string] {
  const name = componentName(type) ?? `type-${type}`
  if ('prefix' in value) return [name, offset ? `${value.prefix}/${offset}` : value.prefix]
  if (isOfFlags(name)) return [name, flagsText(name, value.map(wireFlagTest))]
  return [name, numbersText(name, value.map(wireNumberTest))]
}

function wireNumberTest({ op, value }: WireTest): NumberTest {
  return {
    and: (op & 0x40) !== 0,
    less: (op & 4) !== 0,
    greater: (op & 2) !== 0,
    equal: (op & 1) !== 0,
    value,
  }
}

function wireFlagTest({ op, value }: WireTest): FlagTest {
  return { and: (op & 0x40) !== 0, not: (op & 2) !== 0, all: (op & 1) !== 0, value }
}

/** Attributes of RFC 4360 and, with IPv6 addresses, RFC 5701. */
const EXTENDED_COMMUNITIES = new Set([16, 25])

interface WireAction {
  readonly type: number
  readonly subtype: number
  readonly rate?: number
  readonly value?: string | number
}

/** The actions of RFC 8955 §7 that are used; everything else is left as it is. */
function wireActions({ value }: { readonly value?: unknown }): string[] {
  return (value as readonly WireAction[]).map(wireAction)
}

function wireAction(community: WireAction): string {
  const { type, subtype, rate = Number.NaN, value } = community
  if (type === 0x80 && subtype === 6) return rateText(rate)
  if (type === 0x80 && subtype === 8) return `redirect ${value}`
  return type === 0x80 && subtype === 9 ? `mark ${value}` : JSON.stringify(community)
}
