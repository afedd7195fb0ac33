import fc from 'fast-check'

/**
 * Runs a property. A failure prints its seed and path; `CORDON_SEED` runs that one again.
 */
export async function holds<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  numRuns: number,
  more: Pick<fc.Parameters<T>, 'endOnFailure'> = {},
): Promise<void> {
  const seed = process.env['CORDON_SEED']
  await fc.assert(property, { numRuns, ...more, ...(seed === undefined ? {} : { seed: Number(seed) }) })
}
