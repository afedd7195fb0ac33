import type { Random } from '../configured/random.ts'
import type { Style } from './xml.ts'

export interface Varied {
  readonly style: Style
  /** around the document */
  readonly before: string
  readonly after: string
}

/** A reply's look by chance, among what real servers send. @param taken attributes that the root has already */
export function styleFrom(
  random: Random,
  taken: Readonly<Record<string, string>>,
  declaresXml: boolean,
): Varied {
  const chance = (): boolean => random() < 0.5
  const prefix = chance() && taken['xmlns:nc'] === undefined ? 'nc' : ''
  const style: Style = {
    prefix,
    quote: chance() ? '"' : "'",
    isIndented: chance(),
    isReversed: chance(),
    extra:
      chance() && taken['xmlns:sim'] === undefined
        ? { 'xmlns:sim': 'urn:example:simulator', 'sim:took': '3 ms' }
        : {},
  }
  const before = declaresXml && chance() ? '<?xml version="1.0" encoding="UTF-8"?>\n' : ''
  return { style, before, after: chance() ? '\n\n' : '' }
}
