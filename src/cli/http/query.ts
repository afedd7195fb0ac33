/** Parameters of a route; what is not there is left out. */
export type Query = Readonly<Record<string, string | undefined>>

/** `?by=day&limit=5`, or nothing. */
export function queryText(query: Query | undefined): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) search.set(name, value)
  return search.size === 0 ? '' : `?${search.toString()}`
}
