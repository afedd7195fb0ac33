/** Making one takes longer than everything else that is done with it. */
const CLOCKS_KEPT = 20

/** Writes moments by the clock of a zone: `Mon 23 Nov 2026 14:00 GMT`. */
export class LetterClock {
  readonly #clocks = new Map<string, Intl.DateTimeFormat>()

  /**
   * @param at milliseconds since 1970
   * @throws RangeError when there is no such zone, or no such time
   */
  text(at: number, zone: string): string {
    const parts = this.#clockOf(zone).formatToParts(at)
    const of = (type: Intl.DateTimeFormatPartTypes): string =>
      parts.find((part) => part.type === type)?.value ?? ''
    return `${of('weekday')} ${of('day')} ${of('month')} ${of('year')} ${of('hour')}:${of('minute')} ${of('timeZoneName')}`
  }

  #clockOf(zone: string): Intl.DateTimeFormat {
    const known = this.#clocks.get(zone)
    if (known !== undefined) return known
    const made = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      ...{ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
      ...{ hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short' },
    })
    const [oldest] = this.#clocks.keys()
    if (this.#clocks.size >= CLOCKS_KEPT && oldest !== undefined) this.#clocks.delete(oldest)
    this.#clocks.set(zone, made)
    return made
  }
}
