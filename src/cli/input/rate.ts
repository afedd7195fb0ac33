import { usage } from '../exit.ts'

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9 }

/** Reads a rate in bytes a second, such as `125000`, `10M` or `1.5G`. @throws CliError */
export function readRate(text: string): number {
  const [, count, suffix] = /^(\d{1,15}(?:\.\d{1,9})?)([kKMG]?)$/.exec(text) ?? []
  const rate = Math.round(Number(count) * (FACTORS[suffix ?? ''] ?? Number.NaN))
  if (count !== undefined && rate >= 1) return rate
  const bits = /bit|bps|b\/s/i.test(text) ? '; divide bits by 8' : ''
  throw usage(`--rate-limit: '${text}' is not a number of BYTES a second such as 125000, 500k or 10M${bits}`)
}
