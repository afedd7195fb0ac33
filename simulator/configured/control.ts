import type { DataPlane } from './data-plane.ts'
import { MemoryPlane } from './data-plane.ts'
import type { Device } from './device.ts'
import type { Enforcement } from './enforcement.ts'
import type { Fault, FaultKind, Faults } from './faults.ts'
import { type Judgement, judge, type Packet } from './filters.ts'
import { newHostKey } from './host-key.ts'
import type { SshServer } from './ssh-server.ts'

interface Parts {
  readonly faults: Faults
  readonly device: Device
  readonly ssh: SshServer
  readonly plane: DataPlane
  readonly enforcement: Enforcement
  reboot(configuration: string | undefined, downMs: number): Promise<void>
}

/** Where a router can be reached, and by whom it will be believed. */
export interface Identity {
  readonly port: number
  /** `SHA256:…` */
  readonly fingerprint: string
  /** the public key, as after the host in known_hosts */
  readonly line: string
}

/** Somebody who is logged in. */
export interface Present {
  readonly user: string
  readonly service: string
}

/** What can be done to a router from outside of its network. All of it fits through JSON. */
export interface RouterControl {
  identity(): Promise<Identity>
  arm(fault: Fault): Promise<void>
  /** @param kind left out: all */
  clear(kind?: FaultKind): Promise<void>
  /** The active configuration, in the device's words. */
  running(): Promise<string>
  /** A person changes the active configuration, whatever is locked. */
  edit(change: string, person?: string): Promise<void>
  lock(person?: string): Promise<void>
  unlock(): Promise<void>
  /** A person begins a change where sessions share the candidate, and goes for lunch. */
  dirty(change: string, person?: string): Promise<void>
  /** Counts for the connections to come. */
  changeHostKey(): Promise<Identity>
  /** Sessions drop, what was not kept is gone. @param configuration left out: what the device keeps for a start */
  reboot(configuration?: string, downMs?: number): Promise<void>
  /** Every connection is lost without a word. */
  cut(): Promise<void>
  present(): Promise<readonly Present[]>
  /** What the installed model does with a packet; interfaces by Linux's names. On a router without a network it is counted. */
  judge(packet: Packet): Promise<Judgement>
  /** Packets by counter. */
  counters(): Promise<Readonly<Record<string, number>>>
}

const SOMEBODY = 'noc'

/** The calls of a router in this process. */
export class Control implements RouterControl {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async identity(): Promise<Identity> {
    const { port, hostKey } = this.#parts.ssh
    return { port, fingerprint: hostKey.fingerprint, line: hostKey.line }
  }

  async arm(fault: Fault): Promise<void> {
    this.#parts.faults.arm(fault)
  }

  async clear(kind?: FaultKind): Promise<void> {
    this.#parts.faults.clear(kind)
  }

  async running(): Promise<string> {
    return this.#parts.device.running()
  }

  async edit(change: string, person = SOMEBODY): Promise<void> {
    await this.#parts.device.edit(change, person)
  }

  async lock(person = SOMEBODY): Promise<void> {
    this.#parts.device.lock(person)
  }

  async unlock(): Promise<void> {
    this.#parts.device.unlock()
  }

  async dirty(change: string, person = SOMEBODY): Promise<void> {
    this.#parts.device.dirty(change, person)
  }

  async changeHostKey(): Promise<Identity> {
    this.#parts.ssh.changeHostKey(newHostKey())
    return await this.identity()
  }

  async reboot(configuration?: string, downMs = 0): Promise<void> {
    await this.#parts.reboot(configuration, downMs)
  }

  async cut(): Promise<void> {
    this.#parts.ssh.cut()
  }

  async present(): Promise<readonly Present[]> {
    return this.#parts.ssh.sessions.map(({ user, service }) => ({ user, service: service.kind }))
  }

  async judge(packet: Packet): Promise<Judgement> {
    const { plane, enforcement } = this.#parts
    return plane instanceof MemoryPlane ? plane.send(packet) : judge(enforcement.model, packet)
  }

  async counters(): Promise<Readonly<Record<string, number>>> {
    return Object.fromEntries(await this.#parts.plane.counters())
  }
}
