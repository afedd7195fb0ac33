import { InputError } from '../domain/input-error.ts'
import { DAY, dayText } from './local-time.ts'
import type { Holiday, HolidaysOf } from './service-days.ts'

export const HOLIDAY_TYPES = ['public', 'bank', 'school', 'optional', 'observance'] as const
export type HolidayType = (typeof HOLIDAY_TYPES)[number]

/** Whose holidays are kept: a country by its ISO 3166-1 code, where told a state and a region of it. */
export interface HolidayPlace {
  readonly country: string
  readonly state?: string
  readonly region?: string
  /** `public` and `bank` when left out. */
  readonly types?: readonly HolidayType[]
}

/** What of the package's answers counts here. */
interface Found {
  readonly date: string
  readonly start: Date
  readonly end: Date
  readonly name: string
}

/**
 * The public holidays of a place, substitute days included, by the package date-holidays. It is large, so that it is
 * loaded only where somebody names a country. A day is a holiday when its noon lies in one: half a holiday that begins
 * after noon is none, and one that begins at sunset is the day that follows.
 * @throws InputError `calendar-holidays`; `path` says which field
 */
export async function publicHolidays(place: HolidayPlace): Promise<HolidaysOf> {
  const { default: Holidays } = await import('date-holidays')
  const { country, state, region, types = ['public', 'bank'] } = place
  const lists = new Holidays()
  requireKnown('country', country, lists.getCountries('en'))
  if (state === undefined && region !== undefined)
    throw new InputError('calendar-holidays', 'a region is one of a state; name that too', 'region')
  if (state !== undefined) requireKnown('state', state, lists.getStates(country, 'en'))
  if (region !== undefined) requireKnown('region', region, lists.getRegions(country, state ?? '', 'en'))
  const options = { types: [...types], languages: 'en' }
  lists.init(country, state ?? '', region ?? '', options)
  return byYear((year) => lists.getHolidays(year, 'en'))
}

function requireKnown(
  field: string,
  code: string,
  known: Readonly<Record<string, string>> | undefined,
): void {
  const codes = Object.keys(known ?? {})
  if (codes.includes(code)) return
  const words = codes.length === 0 ? 'none are known there' : `known are ${codes.join(', ')}`
  throw new InputError('calendar-holidays', `there is no ${field} '${code}'; ${words}`, field)
}

/** A holiday that begins in one year may last into the next. Each year is asked for once. */
function byYear(find: (year: number) => readonly Found[]): HolidaysOf {
  const years = new Map<number, readonly Holiday[]>()
  const beginningIn = (year: number): readonly Holiday[] => {
    const days = years.get(year) ?? find(year).flatMap(daysOf)
    years.set(year, days)
    return days
  }
  return (year) => [year - 1, year].flatMap(beginningIn).filter(({ day }) => day.startsWith(String(year)))
}

const DATE = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?: ([+-])(\d\d)(\d\d))?$/

/**
 * Days by the clocks of the place. The instants are not asked: they are of the zone that the package knows of the country,
 * and a site may be in another. A suffix such as `-0600` moves the beginning: there it is sunset on the day before.
 */
function daysOf({ date, start, end, name }: Found): Holiday[] {
  const [, year, month, day, hours, minutes, seconds, sign, shiftHours = 0, shiftMinutes = 0] =
    DATE.exec(date) ?? []
  const [y, mo, d, h, mi, s] = [year, month, day, hours, minutes, seconds].map(Number)
  const shift = (Number(shiftHours) * 60 + Number(shiftMinutes)) * 60_000 * (sign === '-' ? -1 : 1)
  const from = Date.UTC(y ?? 0, (mo ?? 0) - 1, d, h, mi, s) + shift
  if (Number.isNaN(from)) throw new Error(`date-holidays tells the day of ${name} as '${date}'`)
  const to = from + end.getTime() - start.getTime()
  const days: Holiday[] = []
  for (let number = Math.floor(from / DAY); number * DAY + DAY / 2 < to; number += 1)
    if (number * DAY + DAY / 2 > from) days.push({ day: dayText(number), name })
  return days
}
