import { endedBy } from '../../ledger/ends.ts'
import type { Recorded } from '../../ledger/events.ts'

interface Ended {
  readonly at: number
  /** Devices of which it is on record that nothing of it is there any more. */
  readonly gone: readonly string[]
}

const NOWHERE: readonly string[] = Object.freeze([])

/** When blocks and requests ended, and from which devices blocks are known to be gone. All of the ledger is fed to it. */
export class Lives {
  readonly #blocks = new Map<number, Ended>()
  readonly #requests = new Map<number, number>()
  /** The lists of devices that there are: thousands of blocks have the same. */
  readonly #lists = new Map<string, readonly string[]>()

  see({ at, event }: Recorded): void {
    for (const block of endedBy(event)) this.#blocks.set(block, { at, gone: NOWHERE })
    switch (event.type) {
      case 'milestones':
        if (event.reached === 'gone') for (const block of event.blocks) this.#gone(block, event.device)
        return
      case 'request.settled':
        this.#requests.set(event.request, at)
        return
      case 'request.reopened':
        this.#requests.delete(event.request)
        return
      default:
        return
    }
  }

  blockEnded(block: number): number | undefined {
    return this.#blocks.get(block)?.at
  }

  requestSettled(request: number): number | undefined {
    return this.#requests.get(request)
  }

  goneFrom(block: number): readonly string[] {
    return this.#blocks.get(block)?.gone ?? NOWHERE
  }

  #gone(block: number, device: string): void {
    const ended = this.#blocks.get(block)
    if (ended === undefined || ended.gone.includes(device)) return
    const list = [...ended.gone, device].sort()
    const key = list.join(' ')
    const shared = this.#lists.get(key) ?? list
    this.#lists.set(key, shared)
    this.#blocks.set(block, { ...ended, gone: shared })
  }
}
