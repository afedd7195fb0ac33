import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { socketPath } from '../runtime-folder.ts'
import type { Node } from '../topology.ts'
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
  switch (node.kind) {
    case 'bird-router':
      return [logged('bird', birdArguments(place.runtimeFolder, node.name))]
    case 'frr-router':
      return [logged('frr', frrArguments(place.runtimeFolder, node.name))]
    case 'gobgp-router':
      return [
        logged('gobgpd', gobgpArguments(place.runtimeFolder, node.name)),
        logged('flow-agent', agentArguments(place.runtimeFolder, node)),
      ]
    case 'ios-router':
      return [logged(node.kind, configuredArguments(place.runtimeFolder, node.name))]
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

function agentArguments(folder: string, { name, bgp }: Node): string[] {
  const settings = {
    gobgp: gobgpTarget(folder, name),
    socket: agentSocketPath(folder, name),
    own: bgp?.own ?? [],
    never: bgp?.never ?? [],
  }
  return ourProgram('simulator/flow-agent/main.ts', JSON.stringify(settings))
}

/** All that such a router is was written down when the lab was raised. */
function configuredArguments(folder: string, node: string): string[] {
  return ourProgram('simulator/configured/main.ts', readFileSync(configPath(folder, node), 'utf8'))
}

function ourProgram(file: string, settings: string): string[] {
  return [process.execPath, '--import', import.meta.resolve('tsx'), join(REPOSITORY, file), settings]
}
