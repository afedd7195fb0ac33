import type { Nas } from '../../simulator/nas/nas.ts'
import type { Arrival } from '../../simulator/nas/session.ts'
import type { EapMethod, EapolResult } from '../helpers/eapol.ts'
import type { Freeradius } from '../helpers/freeradius.ts'

export interface SupplicantOptions {
  readonly nas: Nas
  readonly radius: Pick<Freeradius, 'authenticate'>
  readonly arrival: Arrival
  readonly method: EapMethod
}

/** What logs a station in: EAP with the server first, and only who is accepted has a session at the NAS. */
export class Supplicant {
  readonly #options: SupplicantOptions

  constructor(options: SupplicantOptions) {
    this.#options = options
  }

  get isConnected(): boolean {
    const { nas, arrival } = this.#options
    return nas.sessions().some(({ station }) => station === arrival.station)
  }

  async connect(): Promise<EapolResult> {
    const { nas, radius, arrival, method } = this.#options
    const { user, station } = arrival
    const password = `password of ${user.split('@')[0]}`
    const result = await radius.authenticate({ user, station, method, password })
    if (result === 'accepted') await nas.connect(arrival)
    return result
  }
}
