import { join } from 'node:path'
import { iosInterfaces } from '../configured/ios/lab-start.ts'
import { VTYSH_CONF } from '../frr-config.ts'
import { socketPath } from '../runtime-folder.ts'
import { sshdArguments } from '../sshd.ts'
import { hasSshd, type Node } from '../topology.ts'
import type { LabPlace } from './engine.ts'

const REPOSITORY = join(import.meta.dirname, '../..')

export function configPath(runtimeFolder: string, node: string): string {
  return join(runtimeFolder, `${node}.conf`)
}

/** The part of a router's configuration that bounds its speakers: the simulator's own, or one that was given. */
export function boundsPath(runtimeFolder: string, node: string): string {
  return join(runtimeFolder, `${node}.bounds`)
}

export function birdSocketPath(runtimeFolder: string, node: string): string {
  return socketPath(runtimeFolder, `${node}.ctl`)
}

/** Where the vty sockets of FRR's daemons are. */
export function frrFolder(runtimeFolder: string, node: string): string {
  return join(runtimeFolder, `${node}.frr`)
}

/** GoBGP's API, in the words of its command line. */
export function gobgpTarget(runtimeFolder: string, node: string): string {
  return `unix://${socketPath(runtimeFolder, `${node}.api`)}`
}

/** Where a router that is configured is told faults, and asked what it does. */
export function controlSocketPath(runtimeFolder: string, node: string): string {
  return socketPath(runtimeFolder, `${node}.control`)
}

/** Where the flow agent tells its rules and their counters. */
export function agentSocketPath(runtimeFolder: string, node: string): string {
  return socketPath(runtimeFolder, `${node}.flow`)
}

export function logPath(runtimeFolder: string, node: string): string {
  return join(runtimeFolder, `${node}.log`)
}

export interface RouterCommand {
  readonly what: string
  readonly argv: string[]
}

/**
 * The daemons that a router's kind calls for, in the foreground; Linux itself is enough for the other kinds. The
 * first is the router's own, another runs beside it, in its network with this machine's files.
 */
export function routerCommands(place: LabPlace, node: Node): RouterCommand[] {
  const log = logPath(place.runtimeFolder, node.name)
  // a container's own log would go with it
  const logged = (what: string, argv: readonly string[]): RouterCommand => ({
    what,
    argv: ['sh', '-c', 'exec "$@" >>"$0" 2>&1', log, ...argv],
  })
  const sshd = (): RouterCommand[] =>
    hasSshd(node) ? [logged('sshd', sshdArguments(place.runtimeFolder, node.name))] : []
  switch (node.kind) {
    case 'bird-router':
      return [logged('bird', birdArguments(place.runtimeFolder, node.name))]
    case 'frr-router':
      return [logged('frr', frrArguments(place.runtimeFolder, node.name)), ...sshd()]
    case 'gobgp-router':
      return [
        logged('gobgpd', gobgpArguments(place.runtimeFolder, node.name)),
        logged('flow-agent', agentArguments(place.runtimeFolder, node)),
      ]
    case 'ios-router':
    case 'junos-router':
    case 'ietf-router':
      return [logged('configured', configuredArguments(place.runtimeFolder, node))]
    case 'linux-router':
      return sshd()
    default:
      return []
  }
}

function birdArguments(folder: string, node: string): string[] {
  return ['bird', '-f', '-c', configPath(folder, node), '-s', birdSocketPath(folder, node)]
}

/**
 * FRR is three daemons. Their places in the file system are covered by empty ones, so that nothing of this machine's
 * FRR is met or left behind. The others find zebra there: who does not tries again only after ten seconds, and until
 * then no route has a next hop. They start without configuration, are told it one part after the other, and end together.
 */
const FRR_SCRIPT = `
mount -t tmpfs tmpfs /var/tmp && mkdir -p "$0" && cd "$0" && chown frr:frr . || exit 1
echo '${VTYSH_CONF}' >vtysh.conf
run() {
  : >"$1.conf"
  /usr/lib/frr/$1 -z "$PWD/zserv" --vty_socket "$PWD" -i "$PWD/$1.pid" -f "$PWD/$1.conf" -P 0 $2 &
  until [ -S "$1.vty" ]; do sleep 0.02; done
}
run zebra
until [ -S zserv ]; do sleep 0.02; done
run staticd
run bgpd '-p 179 -M bmp'
for part in "$@"; do vtysh --vty_socket "$0" -f "$part" || exit 1; done
until ip route show type blackhole | grep -q . && ip -6 route show type blackhole | grep -q .; do sleep 0.02; done
: >configured
wait -n
`

function frrArguments(folder: string, node: string): string[] {
  const parts = [0, 1, 2].map((part) => `${configPath(folder, node)}.${part}`)
  return ['unshare', '--mount', 'bash', '-c', FRR_SCRIPT, frrFolder(folder, node), ...parts]
}

function gobgpArguments(folder: string, node: string): string[] {
  const api = gobgpTarget(folder, node)
  return ['gobgpd', '-f', configPath(folder, node), '--api-hosts', api, '--pprof-disable']
}

const SSH_PORT = 22
/** RFC 6242 §6 */
const NETCONF_PORT = 830

function configuredArguments(folder: string, node: Node): string[] {
  const { name, kind } = node
  const settings = {
    ...(kind === 'ios-router' ? iosSettings(node) : { port: NETCONF_PORT, ...node.ssh }),
    name,
    kind,
    host: '::',
    configurationFile: configPath(folder, name),
    control: controlSocketPath(folder, name),
  }
  return inNode('simulator/configured/main.ts', settings)
}

/** Its names for interfaces come from its cables, so that no topology has to give them. */
function iosSettings(node: Node): object {
  const interfaces = iosInterfaces(node)
  const options = { ...node.ssh?.options, interfaces: Object.keys(interfaces) }
  return { port: SSH_PORT, ...node.ssh, interfaces, options }
}

function inNode(script: string, settings: object): string[] {
  const loader = ['--import', import.meta.resolve('tsx')]
  return [process.execPath, ...loader, join(REPOSITORY, script), JSON.stringify(settings)]
}

function agentArguments(folder: string, { name, bgp }: Node): string[] {
  const settings = {
    gobgp: gobgpTarget(folder, name),
    socket: agentSocketPath(folder, name),
    own: bgp?.own ?? [],
    never: bgp?.never ?? [],
  }
  return inNode('simulator/flow-agent/main.ts', settings)
}
