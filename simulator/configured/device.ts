import type { Channel } from './channel.ts'
import type { Faults } from './faults.ts'
import type { FilterModel } from './filters.ts'
import type { Random } from './random.ts'

/** What a router of any make stands on. */
export interface Ground {
  /** the host name */
  readonly name: string
  readonly faults: Faults
  readonly random: Random
  /** ms since 1970 by the router's own clock, which may be wrong */
  now(): number
  /** when the router was booted, by the same clock */
  bootedAt(): number
  /**
   * Makes the data plane follow an active configuration, as slowly and as badly as the faults say.
   * @throws OutOfSpace when the hardware has no room for it: then all is as before
   */
  enforce(model: FilterModel): Promise<void>
  /** @throws OutOfSpace when an edit to this is refused already */
  checkEdit(model: FilterModel): void
  /** What the device starts with from now on: called with each change of it that outlives a power cut. */
  keep(configuration: string): void
  /** packets by counter */
  counters(): Promise<ReadonlyMap<string, number>>
  log(line: string): void
}

/** What one make of router adds: its configuration and the words that it is spoken to with. */
export interface Device {
  /** @returns false when it has no such service; it then must not touch the channel */
  serve(channel: Channel): boolean
  /**
   * Starts from a configuration, all sessions being gone: the given one, or what it keeps for a start; what runs then
   * is enforced when this resolves.
   */
  boot(configuration?: string): Promise<void>
  /** What is active, in the device's words. */
  running(): string
  /** A person changes what is active, at once, whatever locks there are. @throws when it makes no sense to the device */
  edit(change: string, person: string): Promise<void>
  /** A person holds the configuration for themselves, outside NETCONF. */
  lock(person: string): void
  unlock(): void
  /** A person has begun a change in what sessions share, and has not committed it. @throws where nothing is shared */
  dirty(change: string, person: string): void
}

/** @throws when the settings or the configuration make no sense */
export type DeviceMaker = (ground: Ground, settings: unknown) => Device

export class OutOfSpace extends Error {
  override readonly name = 'OutOfSpace'
  readonly most: number

  constructor(most: number) {
    super(`the hardware has room for ${most} entries`)
    this.most = most
  }
}
