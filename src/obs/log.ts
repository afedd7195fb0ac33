import { pino } from 'pino'
import type { Logger } from '../domain/log.ts'

/** Log lines as JSON on stderr. Nothing that could be a secret gets through by name. */
export function createLog(level: string): Logger & { child(fields: Record<string, unknown>): Logger } {
  const redact = {
    paths: ['token', 'secret', 'password', '*.token', '*.secret', '*.password', '*.md5'],
    censor: '(hidden)',
  }
  return pino(
    { level, redact, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: false }),
  )
}
