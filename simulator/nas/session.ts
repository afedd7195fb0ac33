/** A session of a station at the NAS. */
export interface NasSession {
  /** Acct-Session-Id */
  readonly id: string
  readonly user: string
  /** The MAC address as Calling-Station-Id, such as `02-00-5E-10-00-01` (RFC 3580 §3.21). */
  readonly station: string
  /** Chargeable-User-Identity (RFC 4372) */
  readonly cui?: string
  readonly framedIp?: string
  /** NAS-Port */
  readonly port: number
  /** In milliseconds, when it began. */
  readonly since: number
  /** What a CoA has put it into, if one has. */
  readonly vlan?: string
  readonly filter?: string
}

export type Arrival = Pick<NasSession, 'user' | 'station' | 'cui' | 'framedIp'>

/** The data plane behind a NAS: what it lets a station do. What a request needs of it is done before the NAS answers. */
export interface Gate {
  open(session: NasSession): Promise<void>
  close(session: NasSession): Promise<void>
  /** Into another VLAN or behind another filter: those of the session. */
  move(session: NasSession): Promise<void>
}

export const NO_GATE: Gate = {
  open: async () => undefined,
  close: async () => undefined,
  move: async () => undefined,
}
