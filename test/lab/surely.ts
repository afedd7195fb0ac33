/** A connection that was kept may be closed at the moment when it is used again: then it is asked once more. */
export function surely<T>(ask: () => Promise<T>): Promise<T> {
  return ask().catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && ['ECONNRESET', 'EPIPE'].includes(String(error.code)))
      return ask()
    throw error
  })
}
