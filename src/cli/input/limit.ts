import { type Command, InvalidArgumentError } from 'commander'

/** How much of a list is shown. */
export interface LimitOptions {
  readonly limit: number
  readonly all?: boolean
}

/** Gives a command that lists the options `--limit` and `--all`. */
export function limited(command: Command): Command {
  return command
    .option('--limit <number>', 'at most this many', readLimit, 50)
    .option('--all', 'however many there are')
}

export function readLimit(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('Expected a number from 1 on.')
  return Number(text)
}

export function mostOf({ limit, all }: LimitOptions): number {
  return all === true ? Number.POSITIVE_INFINITY : limit
}

/** What is said where others follow. */
export function moreText({ limit }: LimitOptions): string {
  return `more follow; say --limit ${limit * 10} or --all to see them`
}
