import { usage } from '../exit.ts'

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** Milliseconds of a waiting time such as `10s` or `1m30s`. @throws CliError */
export function readSpan(text: string, option: string): number {
  const parts = [...text.matchAll(/(\d{1,6})(ms|[smh])/g)]
  if (text === '' || parts.map((part) => part[0]).join('') !== text)
    throw usage(`${option}: '${text}' is not a time such as 10s or 1m30s`)
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0)
}
