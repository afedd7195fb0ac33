/** Counts that make up a whole which is told beside them; `null` where one is withheld. */
export interface Parts {
  readonly whole: number | null
  readonly parts: Readonly<Record<string, number | null>>
}

/**
 * Withholds small counts, and as many others as it takes that none can be worked out from the whole: what is withheld is at
 * least two counts, and not small together. The last of the others go first, so what loses least is to be given last. A whole that is small is withheld with all of its parts.
 * @param smallest the smallest count that is told; zero is small as well
 */
export function withheld(parts: Readonly<Record<string, number>>, smallest: number): Parts {
  const counts = Object.entries(parts)
  const whole = counts.reduce((sum, [, count]) => sum + count, 0)
  if (whole < smallest)
    return { whole: null, parts: Object.fromEntries(counts.map(([name]) => [name, null])) }
  const hidden = counts.filter(([, count]) => count < smallest)
  const enough = (): boolean => {
    const together = hidden.reduce((sum, [, count]) => sum + count, 0)
    if (hidden.length < 2 || together < smallest) return false
    // Were each as large as a small count can be, their sum would tell each.
    const allSmall = hidden.every(([, count]) => count < smallest)
    return !allSmall || together < hidden.length * (smallest - 1)
  }
  // Whatever their counts are: that the smallest was taken would tell a bound of it.
  for (const one of counts.filter(([, count]) => count >= smallest).reverse()) {
    if (hidden.length === 0 || enough()) break
    hidden.push(one)
  }
  const gone = new Set(hidden.map(([name]) => name))
  return {
    whole,
    parts: Object.fromEntries(counts.map(([name, count]) => [name, gone.has(name) ? null : count])),
  }
}

/** A count that stands alone. */
export function unlessSmall(count: number, smallest: number): number | null {
  return count < smallest ? null : count
}
