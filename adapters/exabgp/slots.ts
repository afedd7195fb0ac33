import { type Family, type Prefix, prefixFamily } from '../../src/domain/prefix.ts'
import type { BlackholeRule } from '../../src/domain/rule.ts'
import { Lately } from './lately.ts'
import { type Encoder, memberOf, membersOf, orderedAttributes, plainAttributes, type Tag } from './render.ts'

/** What stands in one slot; the same object for all slots that were announced together. */
export interface Slot {
  readonly tag: Tag
  /** As announced, with the order if there is one. */
  readonly attributes: string
}

/** One command to come: the slots that become `slot`, or are withdrawn. */
export interface Step {
  readonly slot: Slot | undefined
  readonly prefixes: Prefix[]
  /** What stood there, in the order of the prefixes. */
  readonly before: (Slot | undefined)[]
}

export interface SlotChange {
  readonly put: readonly BlackholeRule[]
  readonly remove: readonly BlackholeRule[]
}

const MOST_IN_A_COMMAND = 500

/**
 * Which slots (one for each prefix) the speaker was told to hold, and the commands that change them. Rules of
 * several scopes, and those by destination and by source, share the slot of their prefix.
 *
 * ExaBGP 4.2 keeps unsent changes grouped by attributes and sends the groups in the order in which each was first
 * used: withdraw and announce again within a moment, and the withdraw may go out last (measured: 20 of 20). So a
 * slot that changed lately changes again only with a MED that nothing else has, whose group is then the last one.
 */
export class Slots {
  readonly #encoder: Encoder
  readonly #slots = new Map<Prefix, Slot>()
  readonly #plain: Readonly<Record<Family, Map<Tag, Slot>>> = { 4: new Map(), 6: new Map() }
  readonly #lately: Lately<Prefix>
  #order: number
  #rules = 0

  /** @param now monotonic @param seed where the order starts: never the same for two sessions of one speaker */
  constructor(encoder: Encoder, now: number, seed: number, adopted: boolean) {
    this.#encoder = encoder
    this.#lately = new Lately(now, adopted)
    this.#order = seed % 4_000_000_000
  }

  /** How many rules they stand for. */
  get rules(): number {
    return this.#rules
  }

  nextOrder(): number {
    this.#order = (this.#order + 1) % 4_294_967_295
    return this.#order
  }

  has(rule: BlackholeRule): boolean {
    const slot = this.#slots.get(rule.prefix)
    return slot !== undefined && membersOf(slot.tag).includes(memberOf(rule))
  }

  get(prefix: Prefix): Slot | undefined {
    return this.#slots.get(prefix)
  }

  set(prefix: Prefix, slot: Slot | undefined): void {
    const before = this.#slots.get(prefix)
    if (before !== undefined) this.#rules -= count(before.tag)
    if (slot === undefined) this.#slots.delete(prefix)
    else {
      this.#slots.set(prefix, slot)
      this.#rules += count(slot.tag)
    }
  }

  /** The commands for a change; from now on the slots stand as they say. Announcements come first. */
  plan(change: SlotChange, now: number): Step[] {
    this.#lately.turn(now)
    const tags = new Map<Prefix, Tag>()
    const tagAt = (prefix: Prefix): Tag =>
      tags.get(prefix) ?? this.#encoder.configured(this.#slots.get(prefix)?.tag ?? '')
    for (const rule of change.remove)
      tags.set(rule.prefix, this.#encoder.without(tagAt(rule.prefix), memberOf(rule)))
    for (const rule of change.put)
      tags.set(rule.prefix, this.#encoder.joined(tagAt(rule.prefix), memberOf(rule)))
    const groups = new Groups()
    for (const [prefix, tag] of tags) {
      const before = this.#slots.get(prefix)
      const family = prefixFamily(prefix)
      const slot = tag === '' ? undefined : this.#next(prefix, family, tag, before, now, groups)
      groups.add(prefix, family, slot, before)
      this.set(prefix, slot)
      this.#lately.note(prefix)
    }
    return groups.steps()
  }

  #next(
    prefix: Prefix,
    family: Family,
    tag: Tag,
    before: Slot | undefined,
    now: number,
    groups: Groups,
  ): Slot {
    const plain = this.#plainSlot(family, tag)
    if (before === plain) return plain
    if (before?.tag === tag && plainAttributes(before.attributes) === plain.attributes) return before
    if (!this.#lately.has(prefix, now)) return plain
    return groups.ordered(plain, () => ({
      tag,
      attributes: orderedAttributes(plain.attributes, this.nextOrder()),
    }))
  }

  /** Always the same object, so that slots of many changes still go in one command. */
  #plainSlot(family: Family, tag: Tag): Slot {
    const slots = this.#plain[family]
    let slot = slots.get(tag)
    if (slot === undefined) {
      slot = { tag, attributes: this.#encoder.attributes(tag, family) }
      slots.set(tag, slot)
    }
    return slot
  }
}

function count(tag: Tag): number {
  let scopes = 1
  for (let at = tag.indexOf(','); at >= 0; at = tag.indexOf(',', at + 1)) scopes += 1
  return scopes
}

/** Prefixes of one family that become the same, so that one command says it. */
class Groups {
  readonly #ordered = new Map<Slot, Slot>()
  readonly #announced = new Map<Slot, Step[]>()
  readonly #withdrawn: Readonly<Record<Family, Step[]>> = { 4: [], 6: [] }

  /** One for all that would otherwise become `plain`. */
  ordered(plain: Slot, make: () => Slot): Slot {
    let slot = this.#ordered.get(plain)
    if (slot === undefined) {
      slot = make()
      this.#ordered.set(plain, slot)
    }
    return slot
  }

  add(prefix: Prefix, family: Family, slot: Slot | undefined, before: Slot | undefined): void {
    const steps = slot === undefined ? this.#withdrawn[family] : this.#announcements(slot)
    let step = steps.at(-1)
    if (step === undefined || step.prefixes.length === MOST_IN_A_COMMAND) {
      step = { slot, prefixes: [], before: [] }
      steps.push(step)
    }
    step.prefixes.push(prefix)
    step.before.push(before)
  }

  #announcements(slot: Slot): Step[] {
    let steps = this.#announced.get(slot)
    if (steps === undefined) {
      steps = []
      this.#announced.set(slot, steps)
    }
    return steps
  }

  steps(): Step[] {
    return [...[...this.#announced.values()].flat(), ...this.#withdrawn[4], ...this.#withdrawn[6]]
  }
}
