import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { mustRun } from '../command.ts'
import type { DataPlane } from './data-plane.ts'
import { EMPTY_MODEL, type FilterModel } from './filters.ts'
import { type LinkMemory, Links } from './links.ts'
import { changes, EMPTY_TABLE, type Rendered, render, TABLE, textOf } from './nft-render.ts'

const Listed = Type.Object({
  nftables: Type.Array(
    Type.Object({ counter: Type.Optional(Type.Object({ name: Type.String(), packets: Type.Integer() })) }),
  ),
})

const isListed = new Ajv().compile<Static<typeof Listed>>(Listed)

/** The kernel of the network namespace that this process is in, by nftables. A change is one transaction. */
export class NftPlane implements DataPlane {
  readonly #enter: readonly string[]
  readonly #links: Links
  #held: Rendered = render(EMPTY_MODEL)

  private constructor(enter: readonly string[], memory: LinkMemory | undefined) {
    this.#enter = enter
    this.#links = new Links(enter, memory)
  }

  /**
   * @param enter the words before a command that lead into the router's namespace; none: it is this one
   * @param memory of interfaces that are shut, for the process after this one
   */
  static async open(enter: readonly string[] = [], memory?: LinkMemory): Promise<NftPlane> {
    const plane = new NftPlane(enter, memory)
    await plane.#nft(EMPTY_TABLE)
    return plane
  }

  async install(model: FilterModel): Promise<void> {
    const wanted = render(model)
    const commands = changes(this.#held, wanted)
    if (commands.length > 0) await this.#nft(`${commands.join('\n')}\n`)
    this.#held = wanted
    await this.#links.shut(model.down)
  }

  async counters(): Promise<ReadonlyMap<string, number>> {
    const text = await mustRun([
      ...this.#enter,
      'nft',
      '-j',
      'list',
      'counters',
      'table',
      ...TABLE.split(' '),
    ])
    const value: unknown = JSON.parse(text)
    if (!isListed(value)) throw new Error('nft lists its counters in another shape')
    return new Map(
      value.nftables.flatMap(({ counter }) => (counter ? [[textOf(counter.name), counter.packets]] : [])),
    )
  }

  async close(): Promise<void> {
    await this.#links.shut([])
    await this.#nft(`delete table ${TABLE}\n`)
    this.#held = render(EMPTY_MODEL)
  }

  async #nft(input: string): Promise<void> {
    await mustRun([...this.#enter, 'nft', '-f', '-'], { input })
  }
}
