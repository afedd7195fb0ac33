import { AdapterError } from '../../adapter.ts'

/** What a command of FRR that ends in `json` has answered. @throws AdapterError `rejected` when it is something else */
export function jsonIn(lines: readonly string[], what: string): object {
  try {
    const found: unknown = JSON.parse(lines.join('\n'))
    if (typeof found === 'object' && found !== null) return found
  } catch {
    // Said below.
  }
  const [first = ''] = lines
  throw new AdapterError(
    'rejected',
    `what it shows of ${what} is no JSON: ${first.slice(0, 200)}`,
    'not-understood',
  )
}
