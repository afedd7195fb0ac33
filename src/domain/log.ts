type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void

/** Structured logging: a static message and fields. pino's logger is one. */
export interface Logger {
  debug: Write
  info: Write
  warn: Write
  error: Write
}

export const SILENT: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
