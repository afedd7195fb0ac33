import fc from 'fast-check'

/**
 * Runs a property. A failure prints its seed and path; `CORDON_SEED` runs that one again.
 */
export async function holds<T>(
  property: fc.IAsyncProperty<T> | fc.IProperty<T>,
  numRuns: number,
): Promise<void> {
  const seed = process.env['CORDON_SEED']
  await fc.assert(property, { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) })
}
