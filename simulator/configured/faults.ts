import { type Static, Type } from 'typebox'

const closed = { additionalProperties: false }
const times = Type.Optional(Type.Integer({ minimum: 1 }))
const Milliseconds = Type.Number({ minimum: 0 })

/** What can be wrong with a router, until it is cleared or has happened as often as was asked (left out: once). */
export const Fault = Type.Union([
  /** the next change is answered with ok and is not made */
  Type.Object({ kind: Type.Literal('false-ok'), times }, closed),
  /** the next change is made and answered with an error */
  Type.Object({ kind: Type.Literal('false-error'), times }, closed),
  /** the next change is made, and its session dies before the answer */
  Type.Object({ kind: Type.Literal('lose-reply'), times }, closed),
  /** the connection of whoever is sent the byte after so many dies; counted from now, over all sessions */
  Type.Object({ kind: Type.Literal('cut-at'), bytes: Type.Integer({ minimum: 0 }) }, closed),
  /** nothing is sent */
  Type.Object({ kind: Type.Literal('stall') }, closed),
  /** a change takes ms · entries^power */
  Type.Object(
    {
      kind: Type.Literal('slow-commit'),
      ms: Milliseconds,
      power: Type.Union([Type.Literal(0), Type.Literal(1), Type.Literal(2)]),
    },
    closed,
  ),
  /** `silent`: more are accepted and not enforced */
  Type.Object(
    {
      kind: Type.Literal('entry-limit'),
      most: Type.Integer({ minimum: 0 }),
      at: Type.Union([Type.Literal('edit'), Type.Literal('commit'), Type.Literal('silent')]),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('refuse-logins') }, closed),
  /** a commit that nobody has confirmed stays when its time is over */
  Type.Object({ kind: Type.Literal('no-rollback') }, closed),
  /** the router's clock is ahead, or behind with a number below zero */
  Type.Object({ kind: Type.Literal('clock-offset'), ms: Type.Number() }, closed),
  /** an answer comes so much later */
  Type.Object({ kind: Type.Literal('late-replies'), ms: Milliseconds }, closed),
])
export type Fault = Static<typeof Fault>
export type FaultKind = Fault['kind']
type Of<K extends FaultKind> = Extract<Fault, { kind: K }>

/** Which faults a router has at the moment: one of each kind, the last that was armed. */
export class Faults {
  readonly #armed = new Map<FaultKind, Fault>()
  readonly #left = new Map<FaultKind, number>()
  readonly #listeners = new Set<() => void>()

  arm(fault: Fault): void {
    this.#armed.set(fault.kind, fault)
    this.#left.set(fault.kind, 'times' in fault ? (fault.times ?? 1) : 1)
    this.#changed()
  }

  /** @param kind left out: all */
  clear(kind?: FaultKind): void {
    for (const one of kind === undefined ? [...this.#armed.keys()] : [kind]) this.#armed.delete(one)
    this.#changed()
  }

  get<K extends FaultKind>(kind: K): Of<K> | undefined {
    return this.#armed.get(kind) as Of<K> | undefined
  }

  /** Whether it happens now; it then has happened once more. */
  take(kind: 'false-ok' | 'false-error' | 'lose-reply'): boolean {
    if (!this.#armed.has(kind)) return false
    const left = (this.#left.get(kind) ?? 1) - 1
    this.#left.set(kind, left)
    if (left <= 0) this.#armed.delete(kind)
    return true
  }

  /** How many of these bytes may still be sent; with fewer than all of them the connection dies. */
  takeBytes(wanted: number): number {
    const cut = this.get('cut-at')
    if (cut === undefined) return wanted
    if (cut.bytes >= wanted) {
      this.#armed.set('cut-at', { ...cut, bytes: cut.bytes - wanted })
      return wanted
    }
    this.#armed.delete('cut-at')
    return cut.bytes
  }

  /** @returns what ends the listening */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(): void {
    for (const listener of this.#listeners) listener()
  }
}
