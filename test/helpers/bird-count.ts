import { askBird } from '../../simulator/bird-socket.ts'

/** A channel of a BGP session, as BIRD calls it. */
export type BirdChannel = 'ipv4' | 'ipv6' | 'flow4' | 'flow6'

/** How many routes a session's channel has imported, after `show protocols all`; none while it is down. */
export function importedIn(told: string, channel: BirdChannel): number {
  const part = told.split(/^[\d-]*\s*Channel /m).find((one) => one.startsWith(`${channel}\n`))
  return Number(/Routes: +(\d+) imported/.exec(part ?? '')?.[1] ?? 0)
}

/** BIRD's own counter of the session `cordon`, so that asking costs the same for any number of routes. */
export async function importedAt(socket: string, channel: BirdChannel = 'ipv4'): Promise<number> {
  return importedIn(await askBird(socket, 'show protocols all cordon'), channel)
}
