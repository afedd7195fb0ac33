import { mustRun } from './command.ts'
import { eventually } from './eventually.ts'
import { namespaceName } from './names.ts'
import type { Interface, Node, Topology } from './topology.ts'

/**
 * Set before any interface is made, so that each is born with them. Without `accept_dad=0` an IPv6 address is
 * unusable for its first second or two.
 */
const EVERYWHERE = [
  'net.ipv4.conf.all.rp_filter=0',
  'net.ipv4.conf.default.rp_filter=0',
  'net.ipv4.conf.default.send_redirects=0',
  'net.ipv4.conf.default.accept_redirects=0',
  'net.ipv6.conf.default.accept_dad=0',
  'net.ipv6.conf.default.accept_ra=0',
  'net.ipv6.conf.default.accept_redirects=0',
]
const ROUTER = ['net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1']

/** Makes all namespaces and lays the cables; each end is born in its namespace, the root one never sees it. */
export async function layCables(lab: string, topology: Topology, env: NodeJS.ProcessEnv): Promise<void> {
  const inside = (node: string): string => namespaceName(lab, node)
  const lines = [...topology.nodes.values()].flatMap((node) => [
    `netns add ${inside(node.name)}`,
    `netns exec ${inside(node.name)} sysctl -qw ${sysctlsOf(node).join(' ')}`,
  ])
  for (const [at, { ends }] of topology.links.entries()) lines.push(cableLine(at, ends, inside))
  await mustRun(['ip', '-batch', '-'], { input: `${lines.join('\n')}\n`, env })
}

/** Gives every node its addresses, and only then the routes that need its neighbours. */
export async function giveAddresses(lab: string, topology: Topology, env: NodeJS.ProcessEnv): Promise<void> {
  const nodes = [...topology.nodes.values()]
  const inside = (node: Node, lines: readonly string[]): Promise<string> =>
    mustRun(['ip', '-n', namespaceName(lab, node.name), '-batch', '-'], {
      input: `${lines.join('\n')}\n`,
      env,
    })
  await Promise.all(nodes.map((node) => inside(node, interfaceLines(node))))
  await Promise.all(nodes.map((node) => inside(node, routeLines(node))))
  await Promise.all(nodes.map((node) => cablesCarry(namespaceName(lab, node.name), env)))
}

/** The kernel tells IPv6 of a carrier in its own time. */
async function cablesCarry(namespace: string, env: NodeJS.ProcessEnv): Promise<void> {
  await eventually(`the interfaces of ${namespace} to be up`, 5_000, async () => {
    const list = await mustRun(['ip', '-n', namespace, '-o', 'link', 'show', 'type', 'veth'], { env })
    return list
      .trim()
      .split('\n')
      .every((line) => line === '' || line.includes(' state UP '))
  })
}

/**
 * No two ends may have the same index: the kernel takes such a pair for an ordinary interface, reports its
 * carrier up to a second later, and IPv6 on it is deaf until then.
 */
function cableLine(at: number, ends: readonly [string, string], inside: (node: string) => string): string {
  const [a, b] = ends
  const [indexA, indexB] = [10 + 2 * at, 11 + 2 * at]
  const peer = `peer name to-${a} index ${indexB} netns ${inside(b)}`
  return `link add name to-${b} index ${indexA} netns ${inside(a)} type veth ${peer}`
}

function sysctlsOf(node: Node): string[] {
  const isRouter = node.kind.endsWith('-router')
  return isRouter ? [...EVERYWHERE, ...ROUTER] : EVERYWHERE
}

function interfaceLines(node: Node): string[] {
  const up = node.interfaces.flatMap((one) => addressLines(one))
  if (node.kind !== 'switch') return ['link set lo up', ...up]
  const ports = node.interfaces.map((one) => `link set ${one.name} master bridge`)
  return ['link set lo up', 'link add bridge type bridge', 'link set bridge up', ...ports, ...up]
}

function addressLines(one: Interface): string[] {
  const addresses = one.addresses.map(({ address, length, family }) =>
    family === 6
      ? `address add ${address}/${length} dev ${one.name} nodad`
      : `address add ${address}/${length} dev ${one.name}`,
  )
  return [...addresses, `link set ${one.name} up`]
}

function routeLines(node: Node): string[] {
  return node.routes.map(({ destination, via }) => `route add ${destination} via ${via}`)
}
