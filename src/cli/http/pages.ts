/** A page of a list, and where the next one begins. */
export interface Page<T, C> {
  readonly items: readonly T[]
  readonly next?: C | undefined
}

/**
 * Reads pages of a list until there are enough, or no more.
 * @param page the most that the API gives at once
 * @param read a page of at most `limit`, from there on; `undefined` for the first
 * @returns `more`: whether others follow
 */
export async function readPages<T, C>(
  most: number,
  page: number,
  read: (limit: string, from: C | undefined) => Promise<Page<T, C>>,
): Promise<{ readonly items: readonly T[]; readonly more: boolean }> {
  const items: T[] = []
  let from: C | undefined
  do {
    const { items: some, next } = await read(String(Math.min(page, most - items.length)), from)
    items.push(...some)
    from = next
  } while (from !== undefined && items.length < most)
  return { items, more: from !== undefined }
}
