import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { dueOf } from '../../src/calendar/due.ts'
import { type Client, type Json, type Reply, startFace } from './face.ts'

export const HOUR = 3_600_000
export const DAY = 24 * HOUR
const INFECTED = { target: '10.10.1.7', reason: 'sends spam', duration: '30d' }

/** A security team and the IT support of physics, at ten o'clock of a working day. */
export class Desk {
  readonly client: Client
  readonly analyst: string
  readonly itss: string

  private constructor(client: Client, analyst: string, itss: string) {
    this.client = client
    this.analyst = analyst
    this.itss = itss
  }

  static async open(t: TestContext): Promise<Desk> {
    const client = await startFace(t)
    const { app } = client
    const analyst = await app.person('Ann', ['analyst'])
    const desk = new Desk(client, analyst, await app.person('Ines', ['itss'], ['physics']))
    const now = app.clock.now()
    const monday = Math.ceil((now / DAY - 4) / 7) * 7 + 4
    app.skip(monday * DAY + 10 * HOUR - now)
    return desk
  }

  async block(over: object = {}): Promise<number> {
    const made = await this.client.block({ ...INFECTED, ...over }, { as: this.analyst })
    assert.equal(made.status, 201, made.text)
    return Number(made.json['id'])
  }

  post(path: string, body: unknown, as = this.analyst): Promise<Reply> {
    return this.client.send('POST', path, { body, as })
  }

  async file(block: number, over: object = {}): Promise<Json> {
    const filed = await this.post('/v1/requests', { block, text: 'reinstalled', ...over }, this.itss)
    assert.equal(filed.status, 200, filed.text)
    return filed.json
  }

  do(id: Json | undefined, verb: string, body: unknown, as = this.analyst): Promise<Reply> {
    return this.post(`/v1/requests/${String(id)}:${verb}`, body, as)
  }

  async show(id: Json | undefined, as = this.analyst): Promise<Json> {
    return (await this.client.send('GET', `/v1/requests/${String(id)}`, { as })).json
  }

  due(days: number): string {
    const { site, clock } = this.client.app
    const { due } = dueOf(site.calendar, clock.now(), { days }, [])
    return new Date(due ?? 0).toISOString()
  }

  /** Within a second, since time passes while it is asked for. */
  near(json: Json | undefined, expected: string): void {
    const off = Date.parse(String(json)) - Date.parse(expected)
    assert.ok(Math.abs(off) < 2_000, `${String(json)} is not ${expected}`)
  }
}
