import { execFile } from 'node:child_process'
import { accessSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort, Restartable } from './daemon.ts'

/** A real BIRD with a BGP session that waits for a speaker at 127.0.0.1. */
export interface Bird {
  readonly address: string
  readonly port: number
  readonly socket: string
  /** What its tables hold, by prefix: destination kind and communities as BIRD writes them. */
  routes(): Promise<Map<string, { dest: string; communities: string[] }>>
  /** What its flow tables hold: each match as BIRD writes it, with the family in front, and its extended communities. */
  flows(): Promise<Map<string, string>>
  /** How often its session has come up since the beginning, by its log. */
  timesUp(): number
  start(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Stops it and removes its folder. */
  dispose(): Promise<void>
}

export interface BirdOptions {
  readonly address?: string
  readonly localAs?: number
  readonly peerAs?: number
  readonly password?: string
  readonly holdTime?: number
  /** The named network namespace to run in. */
  readonly namespace?: string
  /** Takes flow specification too, into the tables `f4` and `f6`. */
  readonly flow?: boolean
  /** A neighbour next to it, whose packets must arrive with a TTL of 255 (RFC 5082); else one some hops away. */
  readonly gtsm?: boolean
  /** Any more configuration, such as static routes. */
  readonly extra?: string
}

/** Why no BIRD can be started here, or false: what `skip` of a test takes. */
export function noBird(): string | false {
  try {
    accessSync('/usr/sbin/bird')
    return false
  } catch {
    return 'bird is not installed'
  }
}

export async function startBird(options: BirdOptions = {}): Promise<Bird> {
  const folder = mkdtempSync('/tmp/cordon-bird-')
  const socket = join(folder, 'bird.ctl')
  const address = options.address ?? '127.0.0.2'
  const port = await freePort(address)
  const file = join(folder, 'bird.conf')
  const log = join(folder, 'log')
  writeFileSync(file, configText(options, { address, port, log }), { mode: 0o600 })
  const command = ['/usr/sbin/bird', '-f', '-c', file, '-s', socket, '-P', join(folder, 'pid')]
  const inside = options.namespace === undefined ? [] : ['ip', 'netns', 'exec', options.namespace]
  const process = new Restartable([...inside, ...command])
  const bird: Bird = {
    address,
    port,
    socket,
    routes: () => readRoutes(socket),
    flows: () => readFlows(socket),
    timesUp: () => readFileSync(log, 'utf8').split('cordon: BGP session established').length - 1,
    async start() {
      process.start()
      await until(async () => (await birdc(socket, 'show status')).includes('up and running'))
    },
    stop: (signal = 'SIGTERM') => process.stop(signal),
    async dispose() {
      await process.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await bird.start()
  } catch (error) {
    await bird.dispose()
    throw error
  }
  return bird
}

const FLOW_CHANNELS = `flow4 { table f4; import all; export none; };
  flow6 { table f6; import all; export none; };`

function configText(
  options: BirdOptions,
  { address, port, log }: { address: string; port: number; log: string },
): string {
  const password = options.password === undefined ? '' : `password "${options.password}";`
  return `router id 127.0.0.2;
log "${log}" { trace };
log stderr { info, remote, warning, error, auth, fatal, bug };
protocol device {}
filter rtbh {
  if (65010, 911) ~ bgp_community then { dest = RTD_BLACKHOLE; accept; }
  reject;
}
${options.flow === true ? 'flow4 table f4;\nflow6 table f6;' : ''}
${options.extra ?? ''}
protocol bgp cordon {
  local ${address} port ${port} as ${options.localAs ?? 65020};
  neighbor 127.0.0.1 as ${options.peerAs ?? 65010};
  debug { events };
  ${options.gtsm === true ? 'multihop 1; ttl security on' : 'multihop'}; passive; graceful restart on; hold time ${options.holdTime ?? 90}; ${password}
  ipv4 { import filter rtbh; export none; };
  ipv6 { import filter rtbh; export none; };
  ${options.flow === true ? FLOW_CHANNELS : ''}
}
`
}

const run = promisify(execFile)

/** What `birdc` prints for a command. */
export async function birdc(socket: string, command: string): Promise<string> {
  try {
    const { stdout } = await run('/usr/sbin/birdc', ['-s', socket, ...command.split(' ')], {
      maxBuffer: 1 << 28,
    })
    return stdout
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout ?? '')
  }
}

async function readRoutes(socket: string): Promise<Map<string, { dest: string; communities: string[] }>> {
  const routes = new Map<string, { dest: string; communities: string[] }>()
  let current: { dest: string; communities: string[] } | undefined
  for (const line of (await birdc(socket, 'show route all')).split('\n')) {
    if (line.startsWith('flow')) current = undefined
    const head = /^(\S+\/\d+)\s+(\S+)/.exec(line)
    if (head !== null) {
      current = { dest: head[2] ?? '', communities: [] }
      routes.set(head[1] ?? '', current)
    }
    if (/^\tBGP\.(large_)?community:/.test(line)) {
      for (const [, text] of line.matchAll(/\(([^)]+)\)/g)) {
        current?.communities.push((text ?? '').replaceAll(/, ?/g, ':'))
      }
    }
  }
  return routes
}

async function readFlows(socket: string): Promise<Map<string, string>> {
  const flows = new Map<string, string>()
  let current = ''
  for (const table of ['f4', 'f6'])
    for (const line of (await birdc(socket, `show route table ${table} all`)).split('\n')) {
      const head = /^(flow[46]) \{ (.*); \} /.exec(line)
      if (head !== null) current = `${head[1]} ${head[2]}`
      const extended = /^\tBGP\.ext_community: (.*)$/.exec(line)
      if (extended !== null) flows.set(current, extended[1] ?? '')
    }
  return flows
}

/** Waits for a state and not for a time. */
export async function until(state: () => Promise<boolean> | boolean, ms = 10_000): Promise<void> {
  const end = performance.now() + ms
  while (!(await state())) {
    if (performance.now() > end) throw new Error(`not reached within ${ms} ms: ${state.toString()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
