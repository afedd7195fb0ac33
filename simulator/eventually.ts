import { setTimeout as pause } from 'node:timers/promises'

/** Asks until the answer is neither undefined nor false, and says at the deadline what was waited for. */
export async function eventually<T>(
  what: string,
  deadlineMs: number,
  ask: () => T | Promise<T>,
  everyMs = 5,
): Promise<Exclude<T, undefined | false>> {
  const end = performance.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain: ${what}`)
    await pause(everyMs)
  }
}
