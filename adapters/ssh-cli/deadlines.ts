/** Until a single line is answered that leads somewhere. */
export const STEP_WITHIN_MS = 15_000
/** Until a configuration is kept: some devices write it to slow flash. */
export const SAVE_WITHIN_MS = 60_000

/**
 * Until so many lines are worked through that were typed at once, beside so many entries. vtysh was measured to need 14 ms
 * for each of 400 lines, and more with every route that stands.
 */
export function pasteDeadlineMs(lines: number, standing: number): number {
  return 20_000 + 100 * lines + (lines * standing) / 10
}

export function lookDeadlineMs(standing: number): number {
  return 20_000 + 10 * standing
}

/** Of a whole call on a device with so much room: it looks, types, looks again. */
export function patienceMs(maxEntries: number, looks: number): number {
  return 2 * looks * lookDeadlineMs(maxEntries) + 4 * STEP_WITHIN_MS + pasteDeadlineMs(500, maxEntries)
}
