import assert from 'node:assert/strict'
import type { Lab } from '../../simulator/lab-handle.ts'
import { BridgeGate, stationOf } from '../../simulator/nas/bridge-gate.ts'
import { type Nas, startNas } from '../../simulator/nas/nas.ts'
import type { Arrival } from '../../simulator/nas/session.ts'
import { type Flow, type Probe, startProbe } from '../../simulator/probe/probe.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import { type Freeradius, noFreeradius, startFreeradius } from '../helpers/freeradius.ts'
import type { AccountingTarget } from '../helpers/freeradius-config.ts'
import { noNetns } from '../helpers/netns.ts'
import { BASE, noSlapd, PASSWORD, READER, type Slapd, startSlapd } from '../helpers/slapd.ts'
import { Supplicant } from './supplicant.ts'

/** Of those that may ask the access point to disconnect. */
export const NAS_SECRET = 'wireless-secret-7'
export const IDENTIFIER = 'ap-library'
export const QUARANTINE = '666'
export const ALICE = 'alice@campus.example'
const BOB = 'bob@campus.example'
const HZ = 500

/** Why there can be none here, or false: what `skip` of a test takes. */
export function noWirelessSite(): string | false {
  return whyNoLab() ?? (noNetns('nft') || noSlapd() || noFreeradius())
}

/**
 * The campus's Wi-Fi: the laptop of Alice and the tablet of Bob at an access point behind a Linux router, a directory
 * and a FreeRADIUS that asks it. The access point is a NAS in this process; its bridge is real, and shut to who has no
 * session. All send from the beginning.
 */
export class WirelessSite {
  lab!: Lab
  slapd!: Slapd
  radius!: Freeradius
  nas!: Nas
  /** Alice and her laptop, as the access point knows them. */
  arrival!: Arrival
  laptop!: Supplicant
  /** What comes through of the laptop, by the names `outside`, `outside6` and `desk`. */
  traffic!: Probe
  /** Of the tablet, by `tablet`: it must never stop. */
  neighbour!: Probe

  /** @param accountingTo where FreeRADIUS passes on what the access point tells it */
  static async raise(accountingTo: AccountingTarget): Promise<WirelessSite> {
    const site = new WirelessSite()
    try {
      await site.#raise(accountingTo)
      return site
    } catch (error) {
      await site.dispose()
      throw error
    }
  }

  async #raise(accountingTo: AccountingTarget): Promise<void> {
    this.lab = await raiseLab({ name: `wireless-${process.pid}`, engine: 'netns', tied: true })
    const { lab } = this
    const gate = await BridgeGate.shut({
      ...{ lab, node: 'ap', uplink: 'border-linux', quarantine: QUARANTINE, desk: 'a1' },
    })
    this.slapd = await startSlapd()
    this.radius = await startFreeradius({
      slapd: { server: this.slapd, base: BASE, bindDn: READER, password: PASSWORD },
      users: { alice: 'password of alice' },
      accountingTo,
    })
    const accounting = [{ host: '127.0.0.1', port: this.radius.ports.acct, secret: this.radius.secret }]
    this.nas = await startNas({ secret: NAS_SECRET, identifier: IDENTIFIER, accounting, gate })
    this.arrival = await this.#arrival('laptop', ALICE)
    this.laptop = this.#supplicant(this.arrival)
    const tablet = this.#supplicant(await this.#arrival('tablet', BOB))
    for (const one of [this.laptop, tablet]) assert.equal(await one.connect(), 'accepted')
    await this.#watch()
  }

  async #arrival(node: string, user: string): Promise<Arrival> {
    const station = await stationOf(this.lab, node, 'to-ap')
    return { user, station, framedIp: this.lab.addressOf(node, 4) }
  }

  #supplicant(arrival: Arrival): Supplicant {
    return new Supplicant({ nas: this.nas, radius: this.radius, method: 'ttls-pap', arrival })
  }

  async #watch(): Promise<void> {
    const flow = (name: string, to: string, port: number, family: 4 | 6 = 4): Flow => {
      return { name, to, family, port, hz: HZ }
    }
    const beside = flow('tablet', 'attacker', 9010)
    this.neighbour = await startProbe(this.lab, { from: 'tablet', flows: [beside], neighbours: ['tablet'] })
    this.traffic = await startProbe(this.lab, {
      from: 'laptop',
      flows: [
        flow('outside', 'visitor', 9001),
        flow('outside6', 'visitor', 9002, 6),
        flow('desk', 'a1', 9003),
      ],
    })
  }

  async dispose(): Promise<void> {
    await this.traffic?.stop()
    await this.neighbour?.stop()
    await this.nas?.close()
    await this.radius?.dispose()
    await this.slapd?.dispose()
    await this.lab?.down()
  }
}
