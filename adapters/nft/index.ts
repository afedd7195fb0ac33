import { COMPONENT_NAMES } from '../../src/domain/match.ts'
import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { type NftConfig, nftConfigSchema, settingsOf } from './config.ts'
import { NftSession } from './session.ts'

/** A Linux host that filters packets with nftables, where Cordon runs itself. */
export const nftAdapter: Adapter<typeof nftConfigSchema> = {
  kind: 'nft',
  configSchema: nftConfigSchema,

  capabilities(config: NftConfig): Capabilities {
    return {
      kinds: ['acl', 'flow'],
      components: COMPONENT_NAMES,
      exceptions: true,
      keeps: true,
      actions: ['drop', 'rate-limit'],
      families: [4, 6],
      evidence: 'enforcer',
      transactional: true,
      maxEntries: settingsOf(config).maxEntries,
      // Ten milliseconds a batch: an urgent block waits no longer than that behind one.
      batch: 250,
      inFlight: 1,
      counts: true,
    }
  },

  /** @throws AdapterError `binary-missing`, `namespace-missing`, `no-rights`, or with nft's own words */
  open(config: NftConfig, env: AdapterEnv): Promise<Session> {
    return NftSession.open(settingsOf(config), env)
  },
}
