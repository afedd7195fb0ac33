import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { CraftedPacket, Crafter } from '../../simulator/probe/crafted.ts'
import type { WiredSite } from './wired-site.ts'

/** BGP's port, and one that is nobody's control traffic. */
const [BGP, OTHER] = [179, 2222] as const
const CONNECT_MS = 700

const LISTEN = `for (const port of [${BGP}, ${OTHER}])
  require('node:net').createServer().listen(port, '::', () => process.stdout.write(port + ' '))`
const CONNECT = `const [host, port] = process.argv.slice(1)
const socket = require('node:net').connect({ host, port })
const say = (word) => { process.stdout.write(word); process.exit() }
socket.on('connect', () => say('open')).on('error', () => say('shut'))
setTimeout(() => say('shut'), ${CONNECT_MS})`

/** Lets the router, and the node outside, take connections on both ports. */
export async function listen(site: WiredSite): Promise<void> {
  const argv = [process.execPath, '-e', LISTEN]
  await Promise.all([heard(site.spawnOnRouter(argv)), heard(site.spawnIn('outside', argv))])
}

async function heard({ stdout }: ChildProcess): Promise<void> {
  let said = ''
  while (stdout !== null && said.split(' ').length < 3) said += String((await once(stdout, 'data'))[0])
}

/** Which connections a node can make, in both families: to the router itself, and to the node outside. */
export async function connections(site: WiredSite, from: string): Promise<Record<string, string>> {
  const found = ([4, 6] as const).flatMap((family) =>
    [BGP, OTHER].flatMap((port) => [
      [`IPv${family} router ${port}`, connect(site, from, site.gatewayOf(from, family), port)] as const,
      [`IPv${family} outside ${port}`, connect(site, from, site.addressOf('outside', family), port)] as const,
    ]),
  )
  return Object.fromEntries(await Promise.all(found.map(async ([what, open]) => [what, await open] as const)))
}

async function connect(site: WiredSite, from: string, host: string, port: number): Promise<string> {
  const words = ['netns', 'exec', site.netnsOf(from).name, process.execPath, '-e', CONNECT, host, `${port}`]
  const child = spawn('ip', words, { stdio: ['ignore', 'pipe', 'ignore'] })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await once(child, 'close')
  return said
}

/** What a blocked department can connect to. */
export const ONLY_BGP = {
  'IPv4 router 179': 'open',
  'IPv4 outside 179': 'shut',
  'IPv4 router 2222': 'shut',
  'IPv4 outside 2222': 'shut',
  'IPv6 router 179': 'open',
  'IPv6 outside 179': 'shut',
  'IPv6 router 2222': 'shut',
  'IPv6 outside 2222': 'shut',
}

/** From outside: the first two are too big's, the others are not, or are control traffic of nobody here. */
const PACKETS: readonly CraftedPacket[] = [
  { family: 4, proto: 1, icmpType: 3, icmpCode: 4 },
  { family: 6, proto: 58, icmpType: 2 },
  { family: 4, proto: 1, icmpType: 3, icmpCode: 1 },
  { family: 6, proto: 58, icmpType: 1 },
  ...([4, 6] as const).flatMap((family): CraftedPacket[] => [
    { family, proto: 6, dport: BGP, tcpFlags: 2 },
    { family, proto: 17, dport: 3784 },
  ]),
]

/** Which of them came through that should not have, or did not and should have. */
export async function crossing(crafter: Crafter, department: 'open' | 'blocked'): Promise<CraftedPacket[]> {
  const expected = PACKETS.map((_, at) => department === 'open' || at < 2)
  const through = await crafter.through(PACKETS, expected)
  return PACKETS.filter((_, at) => through[at] !== expected[at])
}
