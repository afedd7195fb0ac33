/** Where text goes. */
export interface Sink {
  readonly isTTY: boolean
  /** Columns of the terminal, if it is one. */
  readonly columns: number | undefined
  write(text: string): void
}

/** Everything that a command touches beside the API, so that a test can own it. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The current folder. */
  readonly cwd: string
  /** The user's id, by which a file with a token is judged; `undefined` where the system has none. */
  readonly uid: number | undefined
  readonly stdout: Sink
  readonly stderr: Sink
  /** Whether a person can be asked. */
  readonly canAsk: boolean
  /** Asks on stderr; `undefined` when the input ended without an answer. */
  ask(question: string, signal: AbortSignal): Promise<string | undefined>
  /** Standard input, once; ends with an error by Ctrl-C. */
  input(): AsyncIterable<Uint8Array>
  now(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
  /** Text that never comes twice. */
  unique(): string
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal
}
