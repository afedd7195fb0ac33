import { adapterContract } from '../../test/contract/suite.ts'
import { listEnv } from '../../test/helpers/list-env.ts'
import type { HeldList } from './held.ts'
import { createListAdapter } from './index.ts'

const LISTS = new Map<string, HeldList>()

adapterContract({
  name: 'list',
  adapter: createListAdapter(LISTS),
  start: async () => ({
    config: {},
    env: listEnv('pulled'),
    truth: async () => [...(LISTS.get('pulled')?.rules.values() ?? [])].map(({ rule }) => rule),
    async stop() {
      LISTS.delete('pulled')
    },
  }),
  small: (config) => ({ ...config, maxEntries: 5 }),
  numRuns: 50,
  patience: 2_000,
})
