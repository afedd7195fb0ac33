import type { Io } from '../io.ts'
import { clean } from './clean.ts'
import { encodeJson, encodeYaml, type Format } from './encode.ts'
import { type Colour, type Paint, paintFor, type Style } from './paint.ts'

/** One answer in every form it can be asked for. */
export interface Shown {
  /** The API's object. */
  readonly value: unknown
  readonly text: (paint: Paint, wide: boolean) => string
  readonly names: () => readonly string[]
}

/** Data goes to stdout in the form that was asked for, everything else to stderr. */
export class Output {
  readonly format: Format
  /** Colours for stderr. */
  readonly paint: Paint
  /** And for stdout. */
  readonly paintData: Paint
  readonly #io: Io

  constructor(io: Io, format: Format, colour: Colour) {
    this.format = format
    this.#io = io
    this.paint = paintFor(colour, io.stderr, io.env)
    this.paintData = paintFor(colour, io.stdout, io.env)
  }

  show(shown: Shown): void {
    this.#io.stdout.write(this.#encode(shown))
  }

  /** One line for people. */
  note(text: string, style: Style = 'plain'): void {
    this.#io.stderr.write(`${this.paint(style, clean(text))}\n`)
  }

  /** Lines that were rendered before. */
  noteLines(lines: string): void {
    this.#io.stderr.write(lines)
  }

  #encode({ value, text, names }: Shown): string {
    switch (this.format) {
      case 'table':
      case 'wide':
        return text(this.paintData, this.format === 'wide')
      case 'json':
        return encodeJson(value)
      case 'yaml':
        return encodeYaml(value)
      case 'name':
        return names()
          .map((name) => `${clean(name)}\n`)
          .join('')
    }
  }
}
