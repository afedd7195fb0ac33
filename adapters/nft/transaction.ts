import type { Rule } from '../../src/domain/rule.ts'
import { laneName } from './lane-book.ts'
import { CHAIN, chainOf, LANES, type Lane, laneCommands, laneOf } from './lanes.ts'
import type { Mirror } from './mirror.ts'
import { type NamedShape, shapeName } from './name.ts'
import { addRuleCommand, addSetCommand, elementCommand, elementText, ruleStatements } from './render.ts'
import type { Entry, Shape } from './shape.ts'

/** One rule to add, or to take away. */
export interface Job {
  readonly rule: Rule
  readonly put: boolean
  readonly entry: Entry
}

export interface Transaction {
  readonly commands: readonly string[]
  /** What the monitor will report of it, as {@link touch} writes it: no drift. */
  readonly own: ReadonlySet<string>
}

export function touch(set: string, value: string): string {
  return `${set} ${value}`
}

/** The set in which a rule stands while it has the other action. */
export function twinOf(shape: Shape): Shape {
  return { ...shape, does: shape.does === 'drop' ? 'rate-limit' : 'drop' }
}

/**
 * The commands that bring a table, as the mirror shows it, to what the jobs ask; none when there is nothing to do.
 * They succeed also when the mirror is behind: what is deleted is added first, since deleting what is absent would
 * lose the whole transaction. A changed action leaves one set and enters the other in the same transaction.
 */
export function transactionFor(table: string, mirror: Mirror, jobs: readonly Job[]): Transaction {
  const plan = new Plan(mirror)
  for (const job of jobs) plan.take(job)
  return { commands: plan.commands(table), own: plan.own }
}

/**
 * What must be committed before {@link transactionFor}, none when nothing: look-ups that leave something out, with sets
 * that are still empty. The kernel publishes a list of prefixes only some milliseconds after the rule that has it is in
 * effect (seen on 6.18), and until then the rule leaves out nothing.
 */
export function preparationFor(table: string, mirror: Mirror, jobs: readonly Job[]): Transaction {
  const plan = new Plan(mirror)
  for (const job of jobs) if (job.put && leavesOut(job.entry.shape)) plan.take(job)
  return { commands: plan.shapeCommands(table), own: NONE }
}

/** A lane that was there already and has to be mended is reported like a stranger's doing: the monitor loses its way. */
const NONE: ReadonlySet<string> = new Set()

function leavesOut({ exceptions, keeps }: Shape): boolean {
  return exceptions !== undefined || keeps === true
}

class Plan {
  readonly #mirror: Mirror
  readonly #shapes = new Map<string, Shape>()
  readonly #removed = new Map<string, string[]>()
  readonly #added = new Map<string, string[]>()
  readonly own = new Set<string>()

  constructor(mirror: Mirror) {
    this.#mirror = mirror
  }

  take({ put, entry }: Job): void {
    const name = shapeName(entry.shape)
    const twin = shapeName(twinOf(entry.shape))
    if (!put) {
      for (const set of [name, twin]) if (this.#mirror.sets.has(set)) this.#note(this.#removed, set, entry)
      return
    }
    if (this.#mirror.rate(twin, entry.value) !== undefined) this.#note(this.#removed, twin, entry)
    const standing = this.#mirror.rate(name, entry.value)
    // Adding what stands changes nothing, also not its rate.
    if (standing !== undefined && standing !== entry.rate) this.#note(this.#removed, name, entry)
    this.#note(this.#added, name, entry, elementText(entry.value, entry.rate))
    if (!this.#shapes.has(name)) this.#shapes.set(name, entry.shape)
  }

  #note(list: Map<string, string[]>, set: string, entry: Entry, text = entry.value): void {
    const values = list.get(set)
    if (values === undefined) list.set(set, [text])
    else values.push(text)
    this.own.add(touch(set, entry.value))
  }

  shapeCommands(table: string): string[] {
    const commands = this.#lanes().flatMap((lane) =>
      laneCommands(table, lane, this.#mirror.lanes.state(lane)),
    )
    for (const [name, shape] of this.#shapes) {
      const standing = this.#mirror.sets.get(name)
      if (standing === undefined) commands.push(addSetCommand(table, shape))
      // Without its rule nobody could read what these elements were; with it they must not come back to life.
      else if (standing.shape === undefined) commands.push(`flush set inet ${table} ${name}`)
      for (const [index, statements] of ruleStatements(shape).entries()) {
        const stands = standing?.shape !== undefined && !standing.missing.includes(index)
        if (!stands) commands.push(addRuleCommand(table, shape, statements))
      }
    }
    return commands
  }

  #lanes(): Lane[] {
    return LANES.filter((lane) => [...this.#shapes.values()].some((shape) => laneOf(shape) === lane))
  }

  commands(table: string): string[] {
    const commands = this.shapeCommands(table)
    for (const [set, values] of this.#removed) {
      commands.push(elementCommand('add', table, set, values), elementCommand('delete', table, set, values))
    }
    for (const [set, values] of this.#added) commands.push(elementCommand('add', table, set, values))
    return commands
  }
}

/** Whether the table, as the mirror shows it, is what the job asks. */
export function isDone(mirror: Mirror, { put, entry }: Job): boolean {
  const name = shapeName(entry.shape)
  const rate = mirror.rate(name, entry.value)
  if (mirror.rate(shapeName(twinOf(entry.shape)), entry.value) !== undefined) return false
  return put ? rate === entry.rate && mirror.sets.get(name)?.whole === true : rate === undefined
}

function hasConditions({ conditioned, excepting, keeps }: NamedShape): boolean {
  return conditioned || excepting || keeps === true
}

/**
 * Takes away the sets and rules of shapes with conditions that no element needs any more: every one costs each
 * packet a look. So does the way to a lane without sets. Shapes that have and leave out nothing are few, and stay.
 */
export function cleanUp(table: string, mirror: Mirror, jobs: readonly Job[]): Transaction {
  const commands: string[] = []
  const own = new Set<string>()
  for (const { entry } of jobs) {
    for (const shape of [entry.shape, twinOf(entry.shape)]) {
      const set = mirror.sets.get(shapeName(shape))
      if (set === undefined || own.has(set.name) || !hasConditions(set.named)) continue
      if (set.elements.size > 0 || set.strange > 0) continue
      own.add(set.name)
      for (const handle of set.rules.keys()) {
        commands.push(`delete rule inet ${table} ${chainOf(set.named)} handle ${handle}`)
      }
      commands.push(`delete set inet ${table} ${set.name}`)
    }
  }
  for (const lane of LANES) {
    if ([...mirror.sets.values()].some(({ name, named }) => laneOf(named) === lane && !own.has(name)))
      continue
    own.add(laneName(lane))
    for (const handle of mirror.lanes.jumpsTo(lane))
      commands.push(`delete rule inet ${table} ${CHAIN} handle ${handle}`)
  }
  return { commands, own }
}
