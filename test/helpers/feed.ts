import type { Adapter } from '../../adapters/adapter.ts'
import type { HeldList } from '../../adapters/list/held.ts'
import { createListAdapter, type ListConfig } from '../../adapters/list/index.ts'
import { ListTexts } from '../../src/app/lists/list-texts.ts'
import type { Lists } from '../../src/app/lists/lists.ts'
import { serveBouncers } from '../../src/app/lists/serve-bouncers.ts'
import type { Device } from '../../src/inventory/inventory.ts'
import type { PlacementRule } from '../../src/placement/table.ts'

/** Name of the list of a test's site. */
export const FEED = 'feed'

/** The list of a test's site, where it has one: every block comes to it as well, and bouncers are told it. */
export class Feed {
  readonly #held = new Map<string, HeldList>()
  readonly #config: ListConfig | undefined

  constructor(config: ListConfig | undefined) {
    this.#config = config
  }

  get adapter(): Adapter {
    return createListAdapter(this.#held)
  }

  get devices(): Device[] {
    const config = this.#config
    if (config === undefined) return []
    const capabilities = this.adapter.capabilities(config)
    return [{ name: FEED, kind: 'list', config, capabilities, enforcers: [], urpf: false }]
  }

  get use(): PlacementRule['use'] {
    return this.#config === undefined ? [] : [{ device: FEED, as: 'acl' }]
  }

  served(parts: Parameters<typeof serveBouncers>[0]): Lists {
    const texts = new ListTexts(parts.clock)
    return { held: this.#held, texts, bouncers: serveBouncers(parts, FEED) }
  }
}
