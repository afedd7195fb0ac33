/**
 * Something typed, sent or configured that cannot be used. The message says what was wrong and what would be
 * right; `path` says where (a field such as `match.destinationPort`), `code` is stable and documented.
 */
export class InputError extends Error {
  readonly code: string
  readonly path: string

  constructor(code: string, message: string, path = '') {
    super(message)
    this.name = 'InputError'
    this.code = code
    this.path = path
  }

  /** The same error seen from one level further out. */
  at(outer: string): InputError {
    return new InputError(this.code, this.message, this.path === '' ? outer : `${outer}.${this.path}`)
  }
}

/** Runs `read` and says where in the input its error stands. */
export function within<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof InputError ? error.at(path) : error
  }
}
