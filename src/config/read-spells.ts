import { parseDay } from '../calendar/local-time.ts'
import type { Path, Problems } from './problems.ts'

/** Days as a file says them: one, or from one to another. */
interface SpellFile {
  readonly day?: string
  readonly from?: string
  readonly to?: string
}

/** The first and the last of the days; `undefined` where a problem was found. */
export function readSpellOfDays(
  { day, from, to }: SpellFile,
  path: Path,
  found: Problems,
): { readonly from: string; readonly to: string } | undefined {
  if (day === undefined ? from === undefined || to === undefined : (from ?? to) !== undefined) {
    found.add(path, 'give either day, or from and to')
    return undefined
  }
  const [first, last] = day === undefined ? ['from', 'to'] : ['day', 'day']
  const begins = day ?? from ?? ''
  const ends = day ?? to ?? ''
  const one = found.take([...path, first], () => parseDay(begins))
  const two = first === last ? one : found.take([...path, last], () => parseDay(ends))
  if (one === undefined || two === undefined) return undefined
  if (two >= one) return { from: begins, to: ends }
  found.add([...path, last], `it ends on ${ends}, before it begins on ${begins}`)
  return undefined
}
