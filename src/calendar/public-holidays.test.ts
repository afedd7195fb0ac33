import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InputError } from '../domain/input-error.ts'
import { publicHolidays } from './public-holidays.ts'

async function days(place: Parameters<typeof publicHolidays>[0], year: number): Promise<string[]> {
  return (await publicHolidays(place))(year).map(({ day }) => day.slice(5))
}

describe('public holidays', () => {
  it('are those of the state, substitute days included', async () => {
    assert.deepEqual(
      (await days({ country: 'GB', state: 'SCT' }, 2026)).sort(),
      '01-01 01-02 04-03 05-04 05-25 08-03 11-30 12-25 12-26 12-28'.split(' '),
    )
    const england = await days({ country: 'GB', state: 'ENG' }, 2027)
    for (const day of ['03-26', '03-29', '12-27', '12-28']) assert.ok(england.includes(day), day)
    assert.ok(!england.includes('11-30'))
  })

  it('are whole days by local midnight, also where they begin at sunset', async () => {
    const london = await publicHolidays({ country: 'GB', state: 'ENG' })
    // Summer time: the instant of that midnight lies on the day before in UTC.
    assert.deepEqual(
      london(2026).find(({ name }) => name === 'Good Friday'),
      { day: '2026-04-03', name: 'Good Friday' },
    )
    assert.ok((await days({ country: 'IL' }, 2026)).includes('04-02'))
    const turkey = await days({ country: 'TR' }, 2026)
    // Three days and the half day before them, which is none.
    assert.deepEqual(
      turkey.filter((day) => day.startsWith('03-')),
      ['03-20', '03-21', '03-22'],
    )
  })

  it('leave out days on which banks close after noon, and take other types when told', async () => {
    const place = { country: 'DE', state: 'HE' }
    assert.ok(!(await days(place, 2026)).includes('12-24'))
    assert.ok(!(await days(place, 2026)).includes('05-10'))
    assert.ok((await days({ ...place, types: ['observance'] }, 2026)).includes('05-10'))
  })

  for (const [place, path, words] of [
    [{ country: 'ZZ' }, 'country', /there is no country 'ZZ'; known are .*GB/],
    [{ country: 'GB', state: 'SCO' }, 'state', /there is no state 'SCO'; known are .*SCT/],
    [{ country: 'DE', state: 'BY', region: 'X' }, 'region', /there is no region 'X'; known are A, /],
    [{ country: 'GB', state: 'SCT', region: 'X' }, 'region', /none are known there/],
    [{ country: 'DE', region: 'A' }, 'region', /a region is one of a state/],
  ] as const)
    it(`${JSON.stringify(place)} is refused`, async () => {
      await assert.rejects(
        publicHolidays(place),
        (error: unknown) => error instanceof InputError && error.path === path && words.test(error.message),
      )
    })
})
