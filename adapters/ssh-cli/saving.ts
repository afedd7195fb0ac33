import type { DeviceChange } from '../adapter.ts'
import type { Shell } from '../transport/shell/shell.ts'
import { SAVE_WITHIN_MS } from './deadlines.ts'
import type { Way } from './driver.ts'

export type Status = Extract<DeviceChange, { type: 'status' }>

/**
 * Keeps the whole configuration for a restart. What is not kept counts all the same, until the device restarts: so it is
 * shown, and no rule fails for it.
 * @throws AdapterError when it is not answered
 */
export async function save(
  shell: Shell,
  { line, done }: NonNullable<Way['save']>,
  signal: AbortSignal,
): Promise<Status> {
  const { lines } = await shell.ask(line, { withinMs: SAVE_WITHIN_MS, signal })
  const ok = lines.some((one) => done.test(one))
  const words = ok ? 'the configuration is kept for a restart' : `'${line}' says: ${lines.join(' ').trim()}`
  return { type: 'status', code: 'saved', ok, words: words.slice(0, 300) }
}
