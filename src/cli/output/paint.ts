import { styleText } from 'node:util'
import type { Io, Sink } from '../io.ts'

export type Style = 'plain' | 'good' | 'bad' | 'warn' | 'dim' | 'head'

/** Colours text, or leaves it as it is. Colour never says anything that the words do not. */
export type Paint = (style: Style, text: string) => string

const FORMATS = {
  good: 'green',
  bad: 'red',
  warn: 'yellow',
  dim: 'gray',
  head: 'bold',
} as const

export const COLOURS = ['auto', 'always', 'never'] as const
export type Colour = (typeof COLOURS)[number]

export function paintFor(colour: Colour, sink: Sink, env: Io['env']): Paint {
  return isColoured(colour, sink, env) ? coloured : plain
}

function isColoured(colour: Colour, sink: Sink, env: Io['env']): boolean {
  if (colour !== 'auto') return colour === 'always'
  // Present and not empty is what the convention of no-color.org asks for.
  return sink.isTTY && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}

const plain: Paint = (_style, text) => text

const coloured: Paint = (style, text) =>
  style === 'plain' ? text : styleText(FORMATS[style], text, { validateStream: false })
