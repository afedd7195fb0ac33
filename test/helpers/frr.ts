import { execFile } from 'node:child_process'
import { accessSync, chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from './bird.ts'
import { freePort, Restartable } from './daemon.ts'
import { makeNetns } from './netns.ts'
import {
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

const BGPD = '/usr/lib/frr/bgpd'
const ZEBRA = '/usr/lib/frr/zebra'
const VTYSH = '/usr/bin/vtysh'

/** Why no bgpd of FRR can be started here, or false: what `skip` of a test takes. */
export function noFrr(): string | false {
  try {
    accessSync(BGPD)
    accessSync(VTYSH)
    return false
  } catch {
    return 'frr is not installed'
  }
}

/**
 * A real bgpd of FRR, without zebra, with a BGP session that waits for a speaker at 127.0.0.1. Seen with 8.4.4: it
 * resets the session on a component of more than five operators (a range is two), on `!=`, and on a flow label in
 * IPv4; and it writes the `and` of numbers as it writes the `or`, so that a lower bound that is followed by an upper
 * one is read as a range, whatever was sent.
 */
export function startFrr(options: RouterOptions = {}): Promise<FlowRouter> {
  return startBgpd(mkdtempSync('/tmp/cordon-frr-'), options, ['-Z', '-n'])
}

/** The folder of the daemons' sockets, besides. */
export interface FrrWithZebra extends FlowRouter {
  readonly folder: string
  readonly namespace: string
}

/**
 * A real FRR whose zebra puts routes into the kernel of a network namespace; the speaker has an address there. Next
 * hops of the example configuration are discarded.
 */
export async function startFrrWithZebra(options: RouterOptions = {}): Promise<FrrWithZebra> {
  const netns = makeNetns()
  const folder = mkdtempSync('/tmp/cordon-frr-')
  // zebra runs as a user of its own.
  chmodSync(folder, 0o777)
  netns.run('ip', 'address', 'add', '10.255.255.1/24', 'dev', 'lo')
  netns.run('ip', 'address', 'add', '10.255.255.2/32', 'dev', 'lo')
  netns.run('ip', 'route', 'add', 'blackhole', '192.0.2.1/32')
  netns.run('ip', '-6', 'route', 'add', 'blackhole', '100::1/128')
  const socket = join(folder, 'zserv.api')
  const own = [
    '-i',
    join(folder, 'zebra.pid'),
    '-z',
    socket,
    '--vty_socket',
    folder,
    '-P',
    '0',
    '-f',
    '/dev/null',
  ]
  const zebra = new Restartable(['ip', 'netns', 'exec', netns.name, ZEBRA, ...own])
  const end = async (): Promise<void> => {
    const { pid } = zebra
    await zebra.stop()
    forgetCrashFolder('zebra', pid)
    netns.remove()
  }
  try {
    zebra.start()
    await until(() => existsSync(socket))
    const speakerAt = { address: '10.255.255.2', namespace: netns.name }
    const inside = { ...options, address: '10.255.255.1', speakerAt }
    const frr = await startBgpd(folder, inside, ['-z', socket])
    const dispose = (): Promise<void> => frr.dispose().then(end)
    return { ...frr, folder, namespace: netns.name, speakerAt, dispose }
  } catch (error) {
    await end()
    throw error
  }
}

interface Inside extends RouterOptions {
  readonly speakerAt?: NonNullable<FlowRouter['speakerAt']>
}

/** @param kernel options that say what becomes of its routes */
async function startBgpd(folder: string, options: Inside, kernel: readonly string[]): Promise<FlowRouter> {
  const address = options.address ?? '127.0.0.4'
  const inside = options.speakerAt
  const speaker = inside?.address ?? '127.0.0.1'
  const port = await freePort(inside === undefined ? address : '127.0.0.1')
  const file = join(folder, 'bgpd.conf')
  writeFileSync(file, configText(options), { mode: 0o600 })
  // -S keeps the user that runs the test; with -Z and -n it keeps away from zebra and the kernel.
  const own = ['-S', ...kernel, '-f', file, '-i', join(folder, 'pid'), '--vty_socket', folder]
  const bmp = options.bmp === undefined ? [] : ['-M', 'bmp']
  const bgpd = new Restartable([
    ...netnsExec(inside?.namespace),
    BGPD,
    ...own,
    ...bmp,
    '-P',
    '0',
    '-l',
    address,
    '-p',
    String(port),
  ])
  const frr: FlowRouter = {
    address,
    port,
    flows: async () => [...(await flowsOf(folder, 4)), ...(await flowsOf(folder, 6))],
    routes: async () => new Set([...(await prefixesOf(folder, 4)), ...(await prefixesOf(folder, 6))]),
    established: async () => (await stateOf(folder, speaker))?.bgpState === 'Established',
    drops: async () => (await stateOf(folder, speaker))?.connectionsDropped ?? 0,
    async start() {
      bgpd.start()
      await until(() => stateOf(folder, speaker).then(Boolean, () => false))
    },
    async stop() {
      const { pid } = bgpd
      await bgpd.stop()
      forgetCrashFolder('bgpd', pid)
    },
    async dispose() {
      await frr.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await frr.start()
  } catch (error) {
    await frr.dispose()
    throw error
  }
  return frr
}

function netnsExec(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]
}

/** Removes where it would leave its last words, which no option moves; another user's bgpd could not make one. */
function forgetCrashFolder(daemon: string, pid: number | undefined): void {
  try {
    rmSync(`/var/tmp/frr/${daemon}.${pid}`, { recursive: true, force: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
  }
}

const FAMILIES = ['ipv4 unicast', 'ipv6 unicast', 'ipv4 flowspec', 'ipv6 flowspec']

function configText(options: Inside): string {
  const neighbour = options.speakerAt?.address ?? '127.0.0.1'
  const families = FAMILIES.map(
    (family) => ` address-family ${family}
  neighbor ${neighbour} activate
${family.endsWith('unicast') ? `  neighbor ${neighbour} soft-reconfiguration inbound\n` : ''}${options.refuses !== undefined && family === 'ipv4 unicast' ? `  neighbor ${neighbour} route-map in in\n` : ''} exit-address-family
`,
  )
  return `${refusalText(options)}router bgp ${options.localAs ?? 65040}
 bgp router-id 127.0.0.4
 no bgp default ipv4-unicast
 no bgp ebgp-requires-policy
 neighbor ${neighbour} remote-as ${options.peerAs ?? 65010}
 neighbor ${neighbour} passive
 neighbor ${neighbour} ebgp-multihop 255
${families.join('')}${bmpText(options)}`
}

function refusalText({ refuses }: RouterOptions): string {
  if (refuses === undefined) return ''
  return `ip prefix-list refused seq 1 permit ${refuses} le 32
route-map in deny 1
 match ip address prefix-list refused
route-map in permit 2
bgp route-map delay-timer 0
`
}

/** FRR 8.4 has no Loc-RIB and sends no flow specification. */
function bmpText({ bmp }: RouterOptions): string {
  if (bmp === undefined) return ''
  const monitors = ['ipv4', 'ipv6'].flatMap((family) =>
    bmp.views.map((view) => `  bmp monitor ${family} unicast ${view}\n`),
  )
  return ` bmp targets cordon
${monitors.join('')}  bmp connect 127.0.0.1 port ${bmp.port} min-retry 100 max-retry 200
 exit
`
}

const run = promisify(execFile)

/** What `vtysh` prints for a command. @throws Error when nothing answers at the socket of the folder */
async function vtysh(folder: string, command: string): Promise<string> {
  const { stdout } = await run(VTYSH, ['--vty_socket', folder, '-d', 'bgpd', '-c', command], {
    maxBuffer: 1 << 28,
  })
  return stdout
}

interface PeerState {
  readonly bgpState: string
  readonly connectionsDropped: number
}

async function stateOf(folder: string, speaker: string): Promise<PeerState | undefined> {
  const text = await vtysh(folder, `show bgp neighbors ${speaker} json`)
  return (JSON.parse(text) as Readonly<Record<string, PeerState>>)[speaker]
}

async function prefixesOf(folder: string, family: 4 | 6): Promise<string[]> {
  const text = await vtysh(folder, `show bgp ipv${family} unicast json`)
  return Object.keys((JSON.parse(text) as { readonly routes?: object }).routes ?? {})
}

// Its JSON is one text per rule without anything between them, and says no more than this.
async function flowsOf(folder: string, family: 4 | 6): Promise<SeenFlow[]> {
  const text = await vtysh(folder, `show bgp ipv${family} flowspec detail`)
  const [, ...entries] = text.split(/^BGP flowspec entry:.*\n/m)
  return entries.map((entry) => flowOf(family, entry))
}

/** The component names of FRR. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['Destination Address', 'destination'],
  ['Source Address', 'source'],
  ['IP Protocol', 'protocol'],
  ['Port', 'port'],
  ['Destination Port', 'destination-port'],
  ['Source Port', 'source-port'],
  ['ICMP Type', 'icmp-type'],
  ['ICMP Code', 'icmp-code'],
  ['TCP Flags', 'tcp-flags'],
  ['Packet Length', 'packet-length'],
  ['DSCP field', 'dscp'],
  ['Packet Fragment', 'fragment'],
  ['Packet Flow Label', 'flow-label'],
])

/** Of what it prints below the head of an entry: a line each component, then the actions in one line. */
function flowOf(family: 4 | 6, entry: string): SeenFlow {
  const match = new Map<string, string>()
  const actions: string[] = []
  for (const [, line = ''] of entry.matchAll(/^\t(.*)$/gm)) {
    const [, label = '', text = ''] = /^([A-Z][A-Za-z ]*?) ([^A-Za-z ].*|[0-9a-f:.]+\/.*)$/.exec(line) ?? []
    const name = NAMES.get(label)
    if (name !== undefined) match.set(name, componentText(name, text.trim()))
    else if (!/^received for |^(not )?installed in PBR/.test(line)) actions.push(...actionsOf(line))
  }
  return { family, match, actions }
}

/** The canonical text; what cannot be read with certainty stays as FRR writes it. */
function componentText(name: string, text: string): string {
  if (name === 'destination' || name === 'source') return text.replace(/\/off 0$/, '')
  if (isOfFlags(name)) {
    const tests = text.split(',').map(flagTest)
    return tests.every((test) => test !== undefined) ? flagsText(name, tests) : text
  }
  const tests = text.split(',').map(numberTest)
  if (!tests.every((test) => test !== undefined)) return text
  const read = numbersText(name, withRanges(tests))
  return read === 'nothing' ? text : read
}

/** Of `>= 80`. */
function numberTest(text: string): NumberTest | undefined {
  const [, sign, digits] = /^(<=|>=|<|>|=) (\d+)$/.exec(text.trim()) ?? []
  if (sign === undefined) return undefined
  const [less, equal, greater] = ['<', '=', '>'].map((part) => sign.includes(part))
  return {
    and: false,
    less: less === true,
    equal: equal === true,
    greater: greater === true,
    value: Number(digits),
  }
}

function withRanges(tests: readonly NumberTest[]): NumberTest[] {
  return tests.map((test, at) => ({ ...test, and: test.less && tests[at - 1]?.greater === true }))
}

/** Of `= 2`, `&∋ ! 16` or `|= 4`: the sign for `or`, and for `and`, stands before all but the first. */
function flagTest(text: string): FlagTest | undefined {
  const [, joint, sign, not, digits] = /^([&|]?)(=|∋) (! )?(\d+)$/.exec(text.trim()) ?? []
  if (sign === undefined) return undefined
  return { and: joint === '&', not: not !== undefined, all: sign === '=', value: Number(digits) }
}

/** Of `FS:rate 125000.000000`, in bytes a second; several stand in one line. */
function actionsOf(line: string): string[] {
  return line.split(/ (?=FS:|UNK:)/).map((text) => {
    const [, rate] = /^FS:rate (\d+\.\d+)$/.exec(text) ?? []
    return rate === undefined ? text : rateText(Number(rate))
  })
}
