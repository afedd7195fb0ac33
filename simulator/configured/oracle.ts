import type { Crafter } from '../probe/crafted.ts'
import type { RouterControl } from './control.ts'
import type { Packet } from './filters.ts'

/** Tells what becomes of packets, whatever the router's configuration says. */
export interface Oracle {
  isDropped(packet: Packet): Promise<boolean>
}

/** What the router has installed decides; it sees faults that install less than was accepted. */
export function modelOracle(control: RouterControl): Oracle {
  return { isDropped: async (packet) => (await control.judge(packet)).dropped }
}

/** Real packets through the router's namespace; the crafter stands before `in` and behind `out`. */
export function packetOracle(crafter: Crafter, expected: (packet: Packet) => boolean = () => true): Oracle {
  return {
    async isDropped(packet) {
      const { source, destination, protocol, sourcePort, destinationPort, icmpType } = packet
      const crafted = {
        family: destination.includes(':') ? (6 as const) : (4 as const),
        proto: protocol,
        src: source,
        dst: destination,
        ...(sourcePort === undefined ? {} : { sport: sourcePort }),
        ...(destinationPort === undefined ? {} : { dport: destinationPort }),
        ...(icmpType === undefined ? {} : { icmpType }),
      }
      const [through] = await crafter.through([crafted], [expected(packet)])
      return through !== true
    },
  }
}
