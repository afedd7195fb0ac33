import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { eventually } from '../../simulator/eventually.ts'
import type { ProbedNodes } from '../../simulator/probe/probe.ts'

/** What became of a question: the other end answered it, heard it and its answer was lost, or never heard it. */
export type Heard = 'answered' | 'asked' | 'nothing'

/** By family and nodes: `4 physics>outside`. */
export type Reached = ReadonlyMap<string, Heard>

const SCRIPT = join(import.meta.dirname, 'echo.mjs')
const DEADLINE_MS = 10_000
const AGAIN_MS = 100

/** Nodes that ask each other: who reaches whom, and gets an answer. */
export class Echoes {
  readonly #children = new Map<string, ChildProcess>()
  readonly #heard = new Set<string>()
  readonly #nodes: ProbedNodes
  #token = 0

  private constructor(nodes: ProbedNodes) {
    this.#nodes = nodes
  }

  /** They end with the nodes. */
  static async start(nodes: ProbedNodes, names: readonly string[]): Promise<Echoes> {
    const echoes = new Echoes(nodes)
    for (const name of names) echoes.#start(name)
    await eventually('everybody to answer', DEADLINE_MS, () =>
      names.every((name) => echoes.#heard.has(`${name} ready`)),
    )
    return echoes
  }

  #start(name: string): void {
    const child = this.#nodes.spawnIn(name, [process.execPath, SCRIPT], { stdio: ['pipe', 'pipe', 'ignore'] })
    this.#children.set(name, child)
    if (child.stdout === null) return
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { kind, token } = JSON.parse(line) as { kind: string; token: string }
      this.#heard.add(`${name} ${kind}${token}`)
    })
  }

  /**
   * Everybody asks everybody, in both families. Those of whom an answer is expected are waited for; the others have as
   * long as it takes to ask those a second time, which goes the same way.
   */
  async reached(expectsAnswer: (from: string, to: string) => boolean): Promise<Reached> {
    const asked = this.#askAll(() => true)
    await this.#answers(asked.filter(({ from, to }) => expectsAnswer(from, to)))
    await this.#answers(this.#askAll(expectsAnswer))
    return new Map(asked.map((one) => [`${one.family} ${one.from}>${one.to}`, this.#whatCame(one)]))
  }

  /** Those that are missing after the deadline are found out by {@link reached}; a lost one is a finding. */
  async #answers(expected: readonly Asked[]): Promise<void> {
    const come = (): boolean => expected.every((one) => this.#whatCame(one) === 'answered')
    await eventually('the answers', AGAIN_MS * 10, come).catch(() => undefined)
  }

  #askAll(asks: (from: string, to: string) => boolean): Asked[] {
    const names = [...this.#children.keys()]
    return names.flatMap((from) =>
      names
        .filter((to) => to !== from && asks(from, to))
        .flatMap((to) => ([4, 6] as const).map((family) => this.#ask(from, to, family))),
    )
  }

  #ask(from: string, to: string, family: 4 | 6): Asked {
    this.#token += 1
    const token = `${this.#token}`
    const address = this.#nodes.addressOf(to, family)
    this.#children.get(from)?.stdin?.write(`${JSON.stringify({ family, address, token })}\n`)
    return { from, to, family, token }
  }

  #whatCame({ from, to, token }: Asked): Heard {
    if (this.#heard.has(`${from} answer${token}`)) return 'answered'
    return this.#heard.has(`${to} ask${token}`) ? 'asked' : 'nothing'
  }
}

interface Asked {
  readonly from: string
  readonly to: string
  readonly family: 4 | 6
  readonly token: string
}
