import type { Stationery } from '../../src/app/outbox/letterhead.ts'
import { type RunningOutbox, startOutbox } from '../../src/app/outbox/outbox.ts'
import { writerOf } from '../../src/app/outbox/write.ts'
import { readLetters } from '../../src/config/read-letters.ts'
import type { Hearing } from '../../src/domain/hearing.ts'
import type { InventoryLists } from '../../src/inventory/inventory.ts'
import { lettersOf } from '../../src/notify/letters/letters.ts'
import { mailTransport } from '../../src/notify/mail/mail-transport.ts'
import { openMailer } from '../../src/notify/mail/mailer.ts'
import { threadIds } from '../../src/notify/mail/thread-ids.ts'
import type { Transport } from '../../src/notify/transport.ts'
import type { TestApp } from './app.ts'

export const THREADS = threadIds(Buffer.alloc(32, 7), 'cordon.example')
export const FROM = { name: 'Cordon CSIRT', mail: 'csirt@uni.example' }
export const ITSS = 'it@physics.example'
export const DESK = 'desk@uni.example'

const letters = lettersOf((await readLetters()).sources)

export const STATIONERY: Stationery = {
  letters,
  team: { name: 'the security team', mail: FROM.mail, phone: null },
  ticketTag: '[rt.uni.example #{ticket}]',
  idOf: THREADS.idOf,
}

/** Physics has IT support that can be written to. */
export function withContacts(lists: InventoryLists): InventoryLists {
  return {
    ...lists,
    contacts: [
      { name: 'Ines', mail: ITSS },
      { name: 'Lou', mail: 'it@law.example' },
    ],
    departments: lists.departments.map((one) => ({
      ...one,
      ...(one.name === 'physics' ? { itss: ['Ines'] } : one.name === 'law' ? { itss: ['Lou'] } : {}),
    })),
  }
}

export const HEARING: Hearing = {
  mail: true,
  desk: [{ mail: DESK }],
  escalation: [{ mail: 'head@uni.example' }],
  approvers: [{ mail: 'approvers@uni.example' }],
  security: { mail: 'security@uni.example' },
  listeners: [],
  every: 60_000,
}

export interface TellingOptions {
  readonly hearing?: Partial<Hearing>
  readonly transports?: ReadonlyMap<string, Transport>
  /** Where a server takes mail, on loopback. */
  readonly port?: number
  /** What stands between Cordon and that server. */
  readonly around?: (mail: Transport) => Transport
}

/** Tells of what happens in an app, by mail to a server of the test or as it says. */
export function tell(
  app: TestApp,
  { hearing = {}, transports, port, around = (mail) => mail }: TellingOptions,
): RunningOutbox {
  const mailer = openMailer(
    { host: '127.0.0.1', port: port ?? 1, tls: 'none', timeout: 5_000 },
    { clock: app.clock, log: app.log },
  )
  const mail = around(mailTransport(mailer, { from: FROM, replyTo: FROM }, THREADS))
  const all = { ...HEARING, ...hearing }
  const running = startOutbox(app, {
    hearing: all,
    writer: writerOf(all, STATIONERY),
    transports: transports ?? new Map([['mail', mail]]),
  })
  return {
    standings: () => running.standings(),
    close: async () => {
      // Mail that is under way ends with its connection.
      await Promise.all([running.close(), mailer.close()])
    },
  }
}
