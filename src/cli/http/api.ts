import { CliError, EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { type Call, LONGEST_WORK } from './call.ts'
import { type Connection, Dropped, NotAnswering, type Reply } from './connection.ts'
import { followEvents } from './event-stream.ts'
import { MessageApi } from './message-api.ts'
import { PrivacyApi } from './privacy-api.ts'
import { problemOf } from './problem.ts'
import { type Query, queryText } from './query.ts'
import { RequestApi } from './request-api.ts'
import type {
  Amendment,
  BatchAnswer,
  Block,
  BlockPage,
  Device,
  DeviceCheck,
  Ends,
  EventMessage,
  Explanation,
  HistoryEvent,
  Hits,
  NewBlock,
  Plan,
} from './wire.ts'
import type { AuditPage } from './wire-audit.ts'
import type { Binding, Taken } from './wire-bindings.ts'
import type { CalendarAnswer, DueAnswer } from './wire-calendar.ts'
import type { QuotaAnswer } from './wire-quota.ts'
import type {
  Automation,
  Inventory,
  InventoryPlan,
  NewToken,
  Person,
  PersonChange,
  PersonRoles,
  Token,
  Whoami,
} from './wire-site.ts'
import type { PublicStatisticsAnswer, StatisticsAnswer } from './wire-statistics.ts'
import type { IncidentHistory, IncidentPage } from './wire-triggers.ts'

const DEADLINE = 30_000
/** How long the controller may wait for its turn at a device and read it. */
const LONGEST_READING = 90_000
/** Between tries, after a connection broke off: a controller that restarts is back within them. */
const PAUSES = [200, 1_000, 3_000]

/** The API's routes. Calls that can be repeated without harm are, when the connection breaks off. */
export class Api {
  readonly requests = new RequestApi((method, path, call) => this.#json(method, path, call))
  readonly messages = new MessageApi({
    json: (method, path, call) => this.#json(method, path, call),
    done: async (method, path, call) => void (await this.#call(method, path, call)),
  })
  readonly privacy = new PrivacyApi((method, path, call) => this.#call(method, path, call))
  readonly #connection: Connection
  readonly #io: Pick<Io, 'sleep' | 'signal'>

  constructor(connection: Connection, io: Pick<Io, 'sleep' | 'signal'>) {
    this.#connection = connection
    this.#io = io
  }

  dryRun(block: NewBlock): Promise<Plan> {
    return this.#json('POST', '/v1/blocks:dryRun', { body: block, again: true })
  }

  /** Repeated under the same key after a dropped connection: the controller makes one block of it. */
  createBlock(block: NewBlock, key: string): Promise<Block> {
    return this.#json('POST', '/v1/blocks', {
      body: block,
      headers: { 'idempotency-key': key },
      again: true,
    })
  }

  /**
   * Up to 1,000 blocks, each with an answer of its own; repeated under the same key after a dropped connection.
   * @throws CliError, also when the answer does not have an item for each block
   */
  async createBlocks(
    blocks: readonly NewBlock[],
    key: string,
    watch: Pick<Call, 'signal' | 'onDrop'> = {},
  ): Promise<BatchAnswer> {
    const headers = { 'idempotency-key': key }
    const call = { ...watch, body: { blocks }, headers, again: true }
    const answer = await this.#json<Partial<BatchAnswer>>('POST', '/v1/blocks:batch', call)
    const { items, near = [] } = answer
    if (!Array.isArray(items) || items.length !== blocks.length)
      throw new CliError(
        EXIT.failure,
        `the controller did not answer each of ${blocks.length} blocks; check the URL`,
      )
    return { items: items as BatchAnswer['items'], near }
  }

  listBlocks(query: Query): Promise<BlockPage> {
    return this.#json('GET', '/v1/blocks', { query, again: true })
  }

  /** @param waitMs how long the answer may be held back until the block is settled; whole seconds are asked for */
  showBlock(id: number, waitMs = 0): Promise<Block> {
    const headers = waitMs < 1_000 ? {} : { prefer: `wait=${Math.floor(waitMs / 1_000)}` }
    return this.#json('GET', `/v1/blocks/${id}`, { headers, waitMs, again: true })
  }

  async history(id: number): Promise<{ events: HistoryEvent[] }> {
    return this.#json('GET', `/v1/blocks/${id}/history`, { again: true })
  }

  /** `fresh`: asks the devices, which may take a while. */
  hits(id: number, fresh: boolean): Promise<Hits> {
    const query = { fresh: fresh ? undefined : 'false' }
    return this.#json('GET', `/v1/blocks/${id}/hits`, { query, again: true })
  }

  amendBlock(id: number, version: number, change: Amendment): Promise<Block> {
    return this.#json('PATCH', `/v1/blocks/${id}`, { body: change, headers: { 'if-match': `"${version}"` } })
  }

  /** Releasing what is released is no error, so it can be sent again. */
  releaseBlock(id: number, why: string | undefined): Promise<Block> {
    const body = why === undefined ? {} : { why }
    return this.#json('POST', `/v1/blocks/${id}:release`, { body, again: true })
  }

  listTriggers(query: Query): Promise<IncidentPage> {
    return this.#json('GET', '/v1/triggers', { query, again: true })
  }

  showTrigger(number: number): Promise<IncidentHistory> {
    return this.#json('GET', `/v1/triggers/${number}`, { again: true })
  }

  /** What a block covers and becomes as things are now. */
  plan(id: number): Promise<Plan> {
    return this.#json('GET', `/v1/blocks/${id}/plan`, { again: true })
  }

  approve(id: number, agreement: { digest: string; participant?: string }): Promise<Block> {
    return this.#json('POST', `/v1/blocks/${id}:approve`, { body: agreement })
  }

  proposeAgain(id: number, digest: string): Promise<Block> {
    return this.#json('POST', `/v1/blocks/${id}:propose`, { body: { digest } })
  }

  decline(id: number, why: string | undefined): Promise<Block> {
    return this.#json('POST', `/v1/blocks/${id}:decline`, { body: why === undefined ? {} : { why } })
  }

  explain(target: string): Promise<Explanation> {
    return this.#json('GET', '/v1/explain', { query: { target }, again: true })
  }

  async listDevices(): Promise<{ devices: Device[] }> {
    return this.#json('GET', '/v1/devices', { again: true })
  }

  showDevice(name: string): Promise<Device> {
    return this.#json('GET', `/v1/devices/${encodeURIComponent(name)}`, { again: true })
  }

  holdDevice(name: string, hold: Ends & { reason: string }): Promise<Device> {
    return this.#json('POST', `/v1/devices/${encodeURIComponent(name)}:hold`, { body: hold, again: true })
  }

  freeDevice(name: string): Promise<Device> {
    return this.#json('POST', `/v1/devices/${encodeURIComponent(name)}:free`, { body: {}, again: true })
  }

  resyncDevice(name: string): Promise<Device> {
    return this.#json('POST', `/v1/devices/${encodeURIComponent(name)}:resync`, { body: {}, again: true })
  }

  /** Held back until the device was read. */
  checkDevice(name: string): Promise<DeviceCheck> {
    const path = `/v1/devices/${encodeURIComponent(name)}:check`
    return this.#json('POST', path, { body: {}, waitMs: LONGEST_READING, again: true })
  }

  async listTokens(): Promise<{ tokens: Token[] }> {
    return this.#json('GET', '/v1/tokens', { again: true })
  }

  /** Never sent again: the secret of the first answer would be lost and the token stay. */
  createToken(token: NewToken): Promise<Token & { secret: string }> {
    return this.#json('POST', '/v1/tokens', { body: token })
  }

  async revokeToken(id: string): Promise<void> {
    await this.#call('DELETE', `/v1/tokens/${encodeURIComponent(id)}`, { again: true })
  }

  whoami(): Promise<Whoami> {
    return this.#json('GET', '/v1/whoami', { again: true })
  }

  /** One's own, or that of a person or a token. */
  quota(whose: { person: string | undefined; token: string | undefined }): Promise<QuotaAnswer> {
    return this.#json('GET', '/v1/quota', { query: whose, again: true })
  }

  calendar(days: { from: string | undefined; to: string | undefined }): Promise<CalendarAnswer> {
    return this.#json('GET', '/v1/calendar', { query: days, again: true })
  }

  /** From now on when `from` is left out. */
  due(promised: { from: string | undefined; target: string }): Promise<DueAnswer> {
    return this.#json('GET', '/v1/calendar:due', { query: promised, again: true })
  }

  async listPeople(): Promise<{ people: Person[] }> {
    return this.#json('GET', '/v1/people', { again: true })
  }

  addPerson(person: PersonRoles): Promise<Person> {
    return this.#json('POST', '/v1/people', { body: person })
  }

  changePerson(id: string, change: PersonChange): Promise<Person> {
    return this.#json('PATCH', `/v1/people/${encodeURIComponent(id)}`, { body: change, again: true })
  }

  async removePerson(id: string): Promise<void> {
    await this.#call('DELETE', `/v1/people/${encodeURIComponent(id)}`, { again: true })
  }

  inventory(): Promise<Inventory> {
    return this.#json('GET', '/v1/inventory', { again: true })
  }

  /** @param text of a configuration that would stand there */
  planInventory(text: string | undefined): Promise<InventoryPlan> {
    return this.#json('POST', '/v1/inventory:plan', { body: text === undefined ? {} : { text }, again: true })
  }

  reloadInventory(agree: string | undefined): Promise<InventoryPlan> {
    return this.#json('POST', '/v1/inventory:reload', { body: agree === undefined ? {} : { agree } })
  }

  /** @param text of a part of a feed; what it says may be said again */
  importBindings(
    text: string,
    query: { readonly format: string; readonly source: string; readonly takeRest: string },
  ): Promise<Taken> {
    return this.#json('POST', '/v1/bindings:import', { query, body: text, waitMs: LONGEST_WORK, again: true })
  }

  bindings(query: Query): Promise<{ readonly bindings: readonly Binding[] }> {
    return this.#json('GET', '/v1/bindings', { query, again: true })
  }

  /** One page of what the ledger says about who did what. */
  audit(query: Query): Promise<AuditPage> {
    return this.#json('GET', '/v1/audit', { query, again: true })
  }

  statistics(query: Query): Promise<StatisticsAnswer> {
    return this.#json('GET', '/v1/statistics', counting(query))
  }

  publicStatistics(query: Query): Promise<PublicStatisticsAnswer> {
    return this.#json('GET', '/v1/statistics/public', counting(query))
  }

  async statisticsCsv(form: '' | '/public', query: Query): Promise<string> {
    return String(
      (await this.#call('GET', `/v1/statistics${form}`, counting({ ...query, format: 'csv' }))).body,
    )
  }

  automation(): Promise<Automation> {
    return this.#json('GET', '/v1/automation', { again: true })
  }

  freeze(reason: string): Promise<Automation> {
    return this.#json('POST', '/v1/automation:freeze', { body: { reason }, again: true })
  }

  thaw(): Promise<Automation> {
    return this.#json('POST', '/v1/automation:thaw', { body: {}, again: true })
  }

  panic(reason: string): Promise<Automation> {
    return this.#json('POST', '/v1/automation:panic', { body: { reason }, again: true })
  }

  resetBreakers(breaker: string | undefined): Promise<Automation> {
    return this.#json('POST', '/v1/automation:reset', { body: breaker === undefined ? {} : { breaker } })
  }

  mute(token: string, reason: string): Promise<Automation> {
    return this.#json('POST', `/v1/tokens/${encodeURIComponent(token)}:mute`, {
      body: { reason },
      again: true,
    })
  }

  unmute(token: string): Promise<Automation> {
    return this.#json('POST', `/v1/tokens/${encodeURIComponent(token)}:unmute`, { body: {}, again: true })
  }

  /** Events behind `after`, or from now on, for ever; `onBreak` is told each time that the connection broke off. */
  events(after: number | undefined, onBreak: (why: string) => void): AsyncGenerator<EventMessage> {
    return followEvents(this.#connection, this.#io, after, onBreak)
  }

  async #json<T>(method: string, path: string, call: Call): Promise<T> {
    const { body } = await this.#call(method, path, call)
    if (typeof body !== 'object' || body === null)
      throw new CliError(EXIT.failure, `the controller answered ${method} ${path} with nothing`)
    return body as T
  }

  async #call(method: string, path: string, call: Call): Promise<Reply> {
    const reply = await this.#send(method, `${path}${queryText(call.query)}`, call)
    if (reply.status < 200 || reply.status > 299) throw problemOf(reply)
    return reply
  }

  async #send(method: string, path: string, call: Call): Promise<Reply> {
    const { sleep } = this.#io
    const signal = call.signal ?? this.#io.signal
    let dropped: Dropped | undefined
    for (const pause of call.again === true ? [...PAUSES, undefined] : [undefined]) {
      try {
        const deadlineMs = DEADLINE + (call.waitMs ?? 0)
        const { headers = {}, body } = call
        return await this.#connection.send({ method, path, headers, body, deadlineMs, signal })
      } catch (error) {
        if (error instanceof Dropped) {
          dropped = error
          call.onDrop?.()
        }
        // Nobody listening is worth another try only where somebody did a moment ago.
        else if (!(error instanceof NotAnswering) || dropped === undefined) throw error
      }
      if (pause !== undefined) await sleep(pause, signal)
    }
    throw dropped ?? new Dropped('the connection broke off')
  }
}

/** The whole ledger is read where nobody has asked before. */
const counting = (query: Query): Call => ({ query, waitMs: LONGEST_WORK, again: true })
