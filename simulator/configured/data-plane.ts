import { EMPTY_MODEL, type FilterModel, type Judgement, judge, type Packet } from './filters.ts'

/** What forwards the packets of a router. */
export interface DataPlane {
  /** Resolves once packets meet the model; one call at a time. @throws when it could not be installed, whole or at all */
  install(model: FilterModel): Promise<void>
  /** Packets that each counter has seen. */
  counters(): Promise<ReadonlyMap<string, number>>
  /** Removes what it made. */
  close(): Promise<void>
}

/** Forwards nothing but what it is asked about: for a router without a network of its own. */
export class MemoryPlane implements DataPlane {
  #model: FilterModel = EMPTY_MODEL
  readonly #counted = new Map<string, number>()

  async install(model: FilterModel): Promise<void> {
    this.#model = model
    // a counter goes with the last term that names it, as the kernel's does
    const terms = model.attachments.flatMap(({ filters }) => filters.flatMap((one) => one.terms))
    const named = new Set(terms.map(({ counter }) => counter))
    for (const name of this.#counted.keys()) if (!named.has(name)) this.#counted.delete(name)
  }

  async counters(): Promise<ReadonlyMap<string, number>> {
    return new Map(this.#counted)
  }

  async close(): Promise<void> {
    this.#model = EMPTY_MODEL
  }

  /** A packet goes through, and its counters count it. */
  send(packet: Packet): Judgement {
    const judgement = judge(this.#model, packet)
    for (const name of judgement.counters) this.#counted.set(name, (this.#counted.get(name) ?? 0) + 1)
    return judgement
  }
}
