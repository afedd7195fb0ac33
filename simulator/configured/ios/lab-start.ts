import type { Node } from '../../topology.ts'
import { mask4 } from './address.ts'

/** The Linux interfaces of a lab's router by the names that it gives them, in the order of its cables. */
export function iosInterfaces({ interfaces }: Node): Readonly<Record<string, string>> {
  return Object.fromEntries(interfaces.map(({ name }, at) => [`GigabitEthernet0/0/${at}`, name]))
}

/** A configuration with the addresses that a lab has given, and nothing else. */
export function iosStart(node: Node): string {
  const names = Object.keys(iosInterfaces(node))
  const lines = node.interfaces.flatMap(({ name, addresses }, at) => [
    ...[`interface ${names[at]}`, ` description ${name}`],
    ...addresses.map(({ family, address, length }) =>
      family === 4 ? ` ip address ${address} ${mask4(length)}` : ` ipv6 address ${address}/${length}`,
    ),
  ])
  return [`hostname ${node.name}`, ...lines, 'end', ''].join('\n')
}
