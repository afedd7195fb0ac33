/** Those of the fields that are there. */
export function pick<T extends object, K extends keyof T>(
  from: T,
  ...names: K[]
): { [N in K]?: Exclude<T[N], undefined> } {
  const there: { [N in K]?: Exclude<T[N], undefined> } = {}
  for (const name of names) {
    const value = from[name]
    if (value !== undefined) there[name] = value as Exclude<T[K], undefined>
  }
  return there
}
