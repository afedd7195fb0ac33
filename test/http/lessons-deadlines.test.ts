import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { lookAtClocks } from '../../src/app/requests/watch-clocks.ts'
import type { Calendar } from '../../src/calendar/calendar.ts'
import { edinburgh, edinburghLate, office } from '../helpers/by-hand.ts'
import { memoryFiles } from '../helpers/memory-files.ts'
import { VirtualClock } from '../helpers/virtual-clock.ts'
import { type Client, type Json, list, startFace } from './face.ts'

const MINUTE = 60_000

/** The security team of a site by its calendar, which is asked by physics to lift a block. */
class Service {
  readonly client: Client
  readonly #clock: VirtualClock
  readonly #request: number

  private constructor(client: Client, clock: VirtualClock, request: number) {
    this.client = client
    this.#clock = clock
    this.#request = request
  }

  /** @param at when the request is filed, RFC 3339 */
  static async asked(t: TestContext, calendar: Calendar, at: string): Promise<Service> {
    const clock = new VirtualClock(Date.parse(at))
    const client = await startFace(t, { virtual: clock, files: async () => memoryFiles() })
    client.app.site.calendar = calendar
    const block = await client.block({ target: '10.10.1.7', reason: 'sends spam', duration: '30d' })
    const itss = await client.app.person('Ines', ['itss'], ['physics'])
    const body = { block: block.json['id'], text: 'reinstalled' }
    const filed = await client.send('POST', '/v1/requests', { body, as: itss })
    assert.equal(filed.status, 200, filed.text)
    return new Service(client, clock, Number(filed.json['id']))
  }

  /** It is then, and whoever watches the clocks has looked. */
  async at(time: string, later = 0): Promise<void> {
    await this.#clock.advance(Date.parse(time) + later - this.#clock.now())
    await lookAtClocks(this.client.app)
  }

  /** The site is read anew, with this calendar. */
  async learns(calendar: Calendar): Promise<void> {
    this.client.app.schedule(calendar)
    const { status, text } = await this.client.send('POST', '/v1/inventory:reload')
    assert.equal(status, 200, text)
    await lookAtClocks(this.client.app)
  }

  async shown(): Promise<Json> {
    return (await this.client.send('GET', `/v1/requests/${this.#request}`)).json
  }

  /** It is due then, is not late a minute before, and is late a minute after. */
  async isDue(at: string): Promise<void> {
    const { due, late } = await this.shown()
    assert.deepEqual([due, late], [new Date(at).toISOString(), false])
    await this.at(at, -MINUTE)
    assert.equal((await this.shown())['late'], false)
    assert.ok(!(await this.reminders()).includes('missed'))
    await this.at(at, MINUTE)
    assert.equal((await this.shown())['late'], true)
    assert.ok((await this.reminders()).includes('missed'))
  }

  /** What was ever recorded, also before it was worked out anew. */
  async recorded(type: string): Promise<readonly Json[]> {
    const { json } = await this.client.send('GET', '/v1/audit?kind=requests')
    return list(json['entries']).filter((entry) => String(entry['type']) === type)
  }

  async reminders(): Promise<readonly string[]> {
    return (await this.recorded('request.reminded')).map(({ stage }) => String(stage))
  }
}

/** How deadlines of others were wrong, each as a test of its own. */
describe('an answer within one working day', () => {
  it('that is asked for on Maundy Thursday is due after Easter Monday in England', async (t) => {
    const service = await Service.asked(t, office, '2026-04-02T16:00:00+01:00')
    await service.isDue('2026-04-07T16:00:00+01:00')
  })

  it('is due on Easter Monday in Scotland, where people work', async (t) => {
    const service = await Service.asked(t, edinburgh, '2026-04-02T16:00:00+01:00')
    await service.isDue('2026-04-06T16:00:00+01:00')
  })

  it('is due at the same time by the clock when summer time has begun, 71 hours later', async (t) => {
    const service = await Service.asked(t, office, '2026-03-27T16:00:00Z')
    await service.isDue('2026-03-30T16:00:00+01:00')
  })

  it('is due at the same time by the clock when summer time has ended, 73 hours later', async (t) => {
    const service = await Service.asked(t, office, '2026-10-23T16:30:00+01:00')
    await service.isDue('2026-10-26T16:30:00Z')
  })

  it('is due a day later once the site has learnt of a holiday that no list of holidays has', async (t) => {
    const service = await Service.asked(t, edinburgh, '2026-06-12T10:00:00+01:00')
    const before = await service.shown()
    assert.equal(before['due'], '2026-06-15T09:00:00.000Z', 'Scotland had its bank holiday on 15 June 2026')
    await service.at('2026-06-14T12:00:00+01:00')
    await service.learns(edinburghLate)
    const [moved] = await service.recorded('request.due')
    assert.deepEqual([moved?.['before'], moved?.['due']], [before['due'], '2026-06-16T09:00:00.000Z'])
    assert.notEqual((await service.shown())['calendar'], before['calendar'])
    await service.at('2026-06-15T12:00:00+01:00')
    assert.ok(!(await service.reminders()).includes('missed'), 'nobody is called on the holiday')
    await service.isDue('2026-06-16T10:00:00+01:00')
  })

  it('that was late by a calendar without the holiday is not late any more, and is called late when it is', async (t) => {
    const service = await Service.asked(t, edinburgh, '2026-06-12T10:00:00+01:00')
    await service.at('2026-06-15T11:00:00+01:00')
    assert.equal((await service.shown())['late'], true)
    await service.learns(edinburghLate)
    assert.equal((await service.shown())['late'], false)
    await service.at('2026-06-16T10:01:00+01:00')
    assert.equal((await service.shown())['late'], true)
    assert.deepEqual((await service.reminders()).filter((stage) => stage === 'missed').length, 2)
  })
})
