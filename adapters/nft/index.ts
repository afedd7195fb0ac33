import { COMPONENT_NAMES } from '../../src/domain/match.ts'
import type { Adapter, AdapterEnv, Capabilities, Session } from '../adapter.ts'
import { checkHost } from './check.ts'
import { type NftConfig, nftConfigSchema, settingsOf, whyUnusable } from './config.ts'
import { Far } from './far.ts'
import { here } from './here.ts'
import { NftSession } from './session.ts'

/** Ten milliseconds a batch: an urgent block waits no longer than that behind one. */
const HERE = { batch: 250 }
/**
 * A batch costs a round trip, so that more go together. A call is three transactions of 5 s each, an nft that has to be
 * ended, and a listing.
 */
const FAR = { batch: 1_000, patience: 30_000 }

/** A Linux host that filters packets with nftables: the one where Cordon runs itself, or another over SSH. */
export const nftAdapter: Adapter<typeof nftConfigSchema> = {
  kind: 'nft',
  configSchema: nftConfigSchema,
  whyUnusable,

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
      ...(config.ssh === undefined ? HERE : FAR),
      inFlight: 1,
      counts: true,
    }
  },

  /** @throws AdapterError `binary-missing`, `namespace-missing`, `no-rights`, as SSH fails, or with nft's own words */
  async open(config: NftConfig, env: AdapterEnv): Promise<Session> {
    const settings = settingsOf(config)
    const { far, namespace } = settings
    const never = new AbortController().signal
    const place = far === undefined ? here(namespace) : await Far.open(far, namespace, env, never)
    return NftSession.open(settings, place, env)
  },

  check: checkHost,
}
