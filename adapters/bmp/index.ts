import { AdapterError } from '../adapter.ts'
import type { WitnessAdapter } from '../witness.ts'
import { bmpConfig, whyUnusable } from './config.ts'
import { BmpSession } from './session.ts'

/** Listens to what a router says of its routing tables by the BGP Monitoring Protocol (RFC 7854). */
export const bmpWitness: WitnessAdapter<typeof bmpConfig> = {
  kind: 'bmp',
  configSchema: bmpConfig,
  whyUnusable,
  kinds: ({ flow }) => (flow === true ? ['d-rtbh', 's-rtbh', 'flow'] : ['d-rtbh', 's-rtbh']),
  async open(config, { clock }) {
    const why = whyUnusable(config)
    if (why !== undefined) throw new AdapterError('rejected', why, 'bad-config')
    const { address, port } = config.listen
    try {
      return await BmpSession.open(config, clock)
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      const words = code === 'EADDRINUSE' ? 'somebody else listens there' : message
      throw new AdapterError('rejected', `cannot listen for BMP on ${address} port ${port}: ${words}`)
    }
  },
}
