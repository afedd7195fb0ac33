/** The promise's own end, or a failure that names what took longer than `ms`. */
export async function bounded<T>(what: string, ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not end within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** What became of a promise, in bounded time. */
export async function ended<T>(
  what: string,
  ms: number,
  promise: Promise<T>,
): Promise<{ value: T } | { error: unknown }> {
  const settled = promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  return bounded(what, ms, settled)
}
