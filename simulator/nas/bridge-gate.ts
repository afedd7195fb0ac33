import type { Lab } from '../lab-handle.ts'
import type { Gate, NasSession } from './session.ts'

const TABLE = 'bridge gate'

export interface BridgeGateOptions {
  readonly lab: Pick<Lab, 'exec' | 'addressOf'>
  /** the switch that stations are wired to */
  readonly node: string
  /** the router behind it */
  readonly uplink: string
  /** the VLAN of stations that may only reach the help desk */
  readonly quarantine: string
  /** the help desk's node */
  readonly desk: string
}

/**
 * The data plane of a NAS: lets frames through a lab's switch only between stations that have a session and the router,
 * and among such stations; in quarantine only what goes between the station and the help desk. What the router says to
 * everybody all hear.
 */
export class BridgeGate implements Gate {
  readonly #options: BridgeGateOptions
  /** The VLAN by MAC address, of stations with a session. */
  readonly #stations = new Map<string, string | undefined>()
  #written: Promise<void> = Promise.resolve()

  private constructor(options: BridgeGateOptions) {
    this.#options = options
  }

  /** Shuts the switch for everybody who is wired to it. @throws Error with what nft says */
  static async shut(options: BridgeGateOptions): Promise<BridgeGate> {
    const gate = new BridgeGate(options)
    await gate.#feed(ruleset(options))
    return gate
  }

  open = (session: NasSession): Promise<void> => this.#set(session, undefined)

  move = (session: NasSession): Promise<void> => this.#set(session, session.vlan)

  close = ({ station }: NasSession): Promise<void> => {
    this.#stations.delete(macOf(station))
    return this.#write()
  }

  #set({ station }: NasSession, vlan: string | undefined): Promise<void> {
    this.#stations.set(macOf(station), vlan)
    return this.#write()
  }

  /** As it is now, all of it, in one transaction, behind whatever is being written. */
  #write(): Promise<void> {
    const write = (): Promise<void> => {
      const { quarantine } = this.#options
      const all = [...this.#stations]
      const quarantined = all.filter(([, vlan]) => vlan === quarantine).map(([mac]) => mac)
      const inside = all.map(([mac]) => mac).filter((mac) => !quarantined.includes(mac))
      return this.#feed([...elements('inside', inside), ...elements('quarantined', quarantined)].join('\n'))
    }
    const written = this.#written.then(write)
    this.#written = written.catch(() => undefined)
    return written
  }

  async #feed(input: string): Promise<void> {
    const { lab, node } = this.#options
    const { code, stderr } = await lab.exec(node, ['nft', '-f', '-'], { input: `${input}\n` })
    if (code !== 0) throw new Error(`nft on ${node}: ${stderr}`)
  }
}

/** The MAC address of a lab's station as NASes write it (RFC 3580 §3.21). */
export async function stationOf(lab: Pick<Lab, 'exec'>, node: string, port: string): Promise<string> {
  const { stdout } = await lab.exec(node, ['cat', `/sys/class/net/${port}/address`])
  return stdout.trim().replaceAll(':', '-').toUpperCase()
}

function elements(set: string, macs: readonly string[]): string[] {
  const added = macs.length === 0 ? [] : [`add element ${TABLE} ${set} { ${macs.join(', ')} }`]
  return [`flush set ${TABLE} ${set}`, ...added]
}

function ruleset({ lab, uplink, desk }: BridgeGateOptions): string {
  return `table ${TABLE} {
  set inside { type ether_addr; }
  set quarantined { type ether_addr; }
  chain forward {
    type filter hook forward priority 0; policy drop;
    iifname "to-${uplink}" meta pkttype { broadcast, multicast } accept
    ether saddr @quarantined goto quarantine
    ether daddr @quarantined goto quarantine
    ether saddr @inside oifname "to-${uplink}" accept
    iifname "to-${uplink}" ether daddr @inside accept
    ether saddr @inside ether daddr @inside accept
  }
  chain quarantine {
    ether type arp accept
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    ip daddr ${lab.addressOf(desk, 4)} accept
    ip saddr ${lab.addressOf(desk, 4)} accept
    ip6 daddr ${lab.addressOf(desk, 6)} accept
    ip6 saddr ${lab.addressOf(desk, 6)} accept
  }
}`
}

function macOf(station: string): string {
  return station.replaceAll('-', ':').toLowerCase()
}
