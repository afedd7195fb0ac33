import { type Static, Type } from 'typebox'
import type { Adapter, Capabilities } from '../adapter.ts'
import { HeldList } from './held.ts'
import { ListSession } from './session.ts'

/** What firewalls that pull lists commonly take; the smaller ones take less. */
const MAX_ENTRIES = 100_000

const listConfig = Type.Object(
  {
    maxEntries: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'How many prefixes it has at most.' }),
    ),
  },
  { additionalProperties: false },
)

/** Of a list in cordon.yaml. */
export type ListConfig = Static<typeof listConfig>

/**
 * A list that others pull: firewalls and bouncers that ask Cordon what to drop. `lists` holds each by its device's name,
 * so that whoever shares the map can serve them.
 */
export function createListAdapter(lists: Map<string, HeldList> = new Map()): Adapter<typeof listConfig> {
  return {
    kind: 'list',
    configSchema: listConfig,
    capabilities,
    async open(config, { device }) {
      const list = lists.get(device) ?? new HeldList()
      lists.set(device, list)
      return new ListSession(list, capabilities(config).maxEntries)
    },
  }
}

function capabilities({ maxEntries = MAX_ENTRIES }: ListConfig): Capabilities {
  return {
    kinds: ['acl'],
    components: [],
    pairs: false,
    actions: ['drop'],
    families: [4, 6],
    evidence: 'none',
    transactional: true,
    maxEntries,
    batch: 1_000,
    inFlight: 1,
  }
}
