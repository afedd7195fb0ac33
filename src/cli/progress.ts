import type { Block, Holding } from './http/wire.ts'
import type { Io } from './io.ts'
import { clean } from './output/clean.ts'
import type { Paint, Style } from './output/paint.ts'

/** What a device has of a block, in one line. */
interface Line {
  readonly device: string
  readonly text: string
  readonly style: Style
}

/** What is waited for: that the block is in force, or that it is gone. */
export type Goal = 'in-force' | 'gone'

/** Tells on stderr how far each device is: a line an event, or on a terminal one line a device that is kept up. */
export class Progress {
  readonly #io: Io
  readonly #paint: Paint
  readonly #goal: Goal
  readonly #last = new Map<string, string>()
  #drawn = 0

  constructor(io: Io, paint: Paint, goal: Goal) {
    this.#io = io
    this.#paint = paint
    this.#goal = goal
  }

  update(block: Block): void {
    const lines = deviceLines(block, this.#goal)
    const changed = lines.filter(({ device, text }) => this.#last.get(device) !== text)
    if (changed.length === 0) return
    for (const { device, text } of lines) this.#last.set(device, text)
    if (this.#io.stderr.isTTY && this.#fits(block, lines)) this.#redraw(block, lines)
    else {
      this.#drawn = 0
      this.#io.stderr.write(changed.map((line) => this.#render(block, line)).join(''))
    }
  }

  /** Lines that wrap or leave the screen cannot be found again to be replaced. */
  #fits({ name }: Block, lines: readonly Line[]): boolean {
    const columns = this.#io.stderr.columns ?? 80
    return (
      lines.length <= 15 &&
      lines.every(({ device, text }) => clean(`${name} ${device}: ${text}`).length < columns)
    )
  }

  #redraw(block: Block, lines: readonly Line[]): void {
    const back = this.#drawn === 0 ? '' : `\u001b[${this.#drawn}A\u001b[J`
    this.#drawn = lines.length
    this.#io.stderr.write(back + lines.map((line) => this.#render(block, line)).join(''))
  }

  #render({ name }: Block, { device, text, style }: Line): string {
    return `${clean(name)} ${clean(device)}: ${this.#paint(style, clean(text))}\n`
  }
}

/** One line a device, in the order in which the devices come. */
export function deviceLines({ holdings }: Block, goal: Goal): Line[] {
  return [...groupByDevice(holdings)].map(([device, own]) => ({
    device,
    ...(goal === 'gone' ? leaving(own) : coming(own)),
  }))
}

function groupByDevice(holdings: readonly Holding[]): Map<string, Holding[]> {
  const groups = new Map<string, Holding[]>()
  for (const holding of holdings) groups.set(holding.device, [...(groups.get(holding.device) ?? []), holding])
  return groups
}

function coming(holdings: readonly Holding[]): Omit<Line, 'device'> {
  const there = holdings.filter((holding) => holding.inForce).length
  if (there === holdings.length) return { text: `in force (${holdings[0]?.evidence ?? ''})`, style: 'good' }
  const failed = holdings.find((holding) => !holding.inForce && holding.error !== undefined)?.error
  if (failed !== undefined) return { text: `failed: ${failed.class}: ${failed.words}`, style: 'bad' }
  const evidence = holdings.find((holding) => !holding.inForce && holding.evidence !== 'none')?.evidence
  const so = evidence === undefined ? '' : `, ${evidence} so far`
  return { text: `waiting (${there} of ${holdings.length} in force${so})`, style: 'warn' }
}

function leaving(holdings: readonly Holding[]): Omit<Line, 'device'> {
  const left = holdings.filter((holding) => holding.state !== 'no')
  if (left.length === 0) return { text: 'gone', style: 'good' }
  const failed = left.find((holding) => holding.error !== undefined)?.error
  if (failed !== undefined) return { text: `failed: ${failed.class}: ${failed.words}`, style: 'bad' }
  return { text: `going (${left.length} of ${holdings.length} still there)`, style: 'warn' }
}
