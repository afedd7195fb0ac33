import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { type Client, type Reply, startFace } from '../http/face.ts'
import type { AppOptions } from './app.ts'
import { FEED } from './feed.ts'

export interface Pulled extends Client {
  /** Token of a machine that may pull and nothing else. */
  readonly puller: string
  /** Blocks a target, and waits until the list holds what is in force. @returns the block's number */
  add(target: string, more?: object): Promise<string>
  release(block: string): Promise<void>
  /** Changes when a block ends. */
  amend(block: string, body: object): Promise<void>
  /** Waits until the list is whole and has as many entries. */
  holds(entries: number): Promise<void>
  /** Asks as a bouncer, with its API key. */
  ask(path: string, more?: { key?: string; agent?: string; method?: string }): Promise<Reply>
}

/** A client of a site with a list. */
export async function withList(t: TestContext, options: AppOptions = {}): Promise<Pulled> {
  const client = await startFace(t, { feed: {}, ...options })
  const puller = await client.app.machine({ roles: ['puller'] })
  const held = () => client.app.lists.held.get(FEED)
  await eventually('the list is whole', 5_000, () => held()?.ready === true)
  const done = ({ status, text }: Reply, wanted: number): void => assert.equal(status, wanted, text)
  return {
    ...client,
    puller,
    async holds(entries) {
      await eventually(`the list has ${entries} entries`, 5_000, () => held()?.rules.size === entries)
    },
    async add(target, more = {}) {
      const made = await client.block({ target, reason: 'test', duration: '1h', ...more })
      done(made, 201)
      return String(made.json['id'])
    },
    async release(block) {
      done(await client.send('DELETE', `/v1/blocks/${block}`), 200)
    },
    async amend(block, body) {
      const { headers } = await client.send('GET', `/v1/blocks/${block}`)
      const match = { 'if-match': String(headers['etag']) }
      done(await client.send('PATCH', `/v1/blocks/${block}`, { body, headers: match }), 200)
    },
    ask: (path, { key = puller, agent = 'a-bouncer/v1.0.0', method = 'GET' } = {}) =>
      client.send(method, path, { as: null, headers: { 'x-api-key': key, 'user-agent': agent } }),
  }
}
