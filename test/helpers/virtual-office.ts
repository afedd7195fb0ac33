import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { createBlocks } from '../../src/app/create-blocks.ts'
import type { RunningOutbox } from '../../src/app/outbox/outbox.ts'
import type { Standing } from '../../src/app/outbox/standing.ts'
import type { Caller } from '../../src/app/rights.ts'
import { authenticate } from '../../src/app/tokens.ts'
import type { Hearing } from '../../src/domain/hearing.ts'
import { DEFAULT_LIMITS } from '../../src/guards/limits.ts'
import type { InventoryLists } from '../../src/inventory/inventory.ts'
import type { Transport } from '../../src/notify/transport.ts'
import type { PlacementRule } from '../../src/placement/table.ts'
import { makeApp, type TestApp } from './app.ts'
import { memoryFiles } from './memory-files.ts'
import { startSmtpServer, type TakenMail, type TestSmtpServer } from './smtp-server.ts'
import { tell } from './telling.ts'
import { VirtualClock } from './virtual-clock.ts'

/** A burst is taken. */
const MANY = {
  roles: { analyst: {}, trigger: {} },
  wide: { ...DEFAULT_LIMITS.wide, ownHostsInADay: 1e6 },
}
const STARTS = Date.UTC(2026, 5, 9, 8)

export interface VirtualOfficeOptions {
  readonly site: (lists: InventoryLists) => InventoryLists
  readonly placements?: readonly PlacementRule[]
  readonly retainEndedMs?: number
  readonly hearing?: Partial<Hearing>
}

/**
 * An app that writes to the people of its site by way of a real server, in a time of its own: days pass at once, and
 * stand still while a mail is under way.
 */
export class VirtualOffice {
  readonly app: TestApp
  readonly clock: VirtualClock
  /** What the server has taken, oldest first. */
  readonly mails: { readonly at: number; readonly mail: TakenMail }[] = []
  /** How often it was tried to send a mail. */
  tries = 0
  #server: TestSmtpServer
  #underWay = 0
  #running: RunningOutbox | undefined
  #keys = 0

  private constructor(app: TestApp, clock: VirtualClock, server: TestSmtpServer) {
    this.app = app
    this.clock = clock
    this.#server = server
  }

  static async open(
    t: TestContext,
    { site, placements = [], hearing = {}, retainEndedMs = 24 * 3_600_000 }: VirtualOfficeOptions,
  ): Promise<VirtualOffice> {
    const server = await startSmtpServer()
    const clock: VirtualClock = new VirtualClock(STARTS, () => office.#drain())
    const files = async () => memoryFiles()
    const app = await makeApp({ site, placements, limits: MANY, virtual: clock, files, retainEndedMs })
    const office = new VirtualOffice(app, clock, server)
    office.#running = tell(app, {
      ...{ port: server.port, hearing },
      around: (mail) => office.#watched(mail),
    })
    t.after(async () => {
      await office.#running?.close()
      await office.#server.close()
      await app.close()
    })
    return office
  }

  standings(): readonly Standing[] {
    return this.#running?.standings() ?? []
  }

  /** What nothing goes out by. */
  stuck(): readonly string[] {
    return this.standings().flatMap(({ by, stuck }) => (stuck ? [by] : []))
  }

  /** Lets `ms` pass. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms)
  }

  /** Waits for what needs no time but moments. */
  async of<T>(work: Promise<T>): Promise<T> {
    let done = false
    const mark = (): void => {
      done = true
    }
    work.then(mark, mark)
    while (!done) await this.clock.advance(0)
    return work
  }

  /** Blocks hosts, all in one commit. @returns their numbers */
  async block(
    targets: readonly string[],
    duration = '1h',
    reason = 'sends spam',
  ): Promise<readonly number[]> {
    const caller = await this.root()
    const wanted = targets.map((target) => ({ target, reason, duration }))
    const { items } = await this.of(createBlocks(this.app, caller, wanted, `key ${this.#keys++}`))
    return items.map((item) => {
      assert.ok(item.ok, item.ok ? '' : item.error.message)
      return item.block.id
    })
  }

  async root(): Promise<Caller> {
    return authenticate(this.app, await this.of(this.app.root()))
  }

  /** The blocks that each message to the IT support of a department is about, as recorded. */
  async toldTo(department: string): Promise<readonly (readonly number[])[]> {
    const told: (readonly number[])[] = []
    for await (const { event } of this.app.ledger.history())
      if (event.type === 'message.queued' && event.to === `itss:${department}`) told.push(event.blocks)
    return told
  }

  /** Mails to this address, as they were read: without quoted-printable, and lines unfolded. */
  to(address: string): readonly string[] {
    return this.mails.filter(({ mail }) => mail.to.includes(address)).map(({ mail }) => readable(mail))
  }

  /** The server is gone: nobody listens at its port any more. */
  async goAway(): Promise<void> {
    await this.#server.close()
  }

  /** It is there again, at the same port. */
  async comeBack(): Promise<void> {
    this.#server = await startSmtpServer({ port: this.#server.port })
  }

  #watched(mail: Transport): Transport {
    return {
      send: async (message, signal) => {
        this.#underWay += 1
        this.tries += 1
        const before = this.#server.mails.length
        try {
          return await mail.send(message, signal)
        } finally {
          const at = this.clock.now()
          this.mails.push(...this.#server.mails.slice(before).map((taken) => ({ at, mail: taken })))
          this.#underWay -= 1
        }
      },
    }
  }

  /** Until nothing goes on without time passing. */
  async #drain(): Promise<void> {
    for (let quiet = 0; quiet < 3; quiet += 1) {
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#underWay > 0) quiet = -1
    }
  }
}

function readable({ raw }: TakenMail): string {
  return raw
    .toString()
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll('\r\n', '\n')
}
