import type { TestContext } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { buildServer } from '../../src/http/server.ts'
import type { LedgerEvent } from '../../src/ledger/events.ts'
import { makeApp, type TestApp } from '../helpers/app.ts'
import { startSmtpServer, type TestSmtpServer } from '../helpers/smtp-server.ts'
import { tell, withContacts } from '../helpers/telling.ts'
import { type Client, clientOf, type Json, list } from './face.ts'

const SOON = 10_000

export interface Outgoing {
  readonly client: Client
  readonly smtp: TestSmtpServer
  /** Blocks a host of physics whose mail the server refuses. @returns the message, dead */
  refused(target: string): Promise<Json>
}

/** A site that writes to people by way of a real server. */
export async function startOutgoing(t: TestContext): Promise<Outgoing> {
  const smtp = await startSmtpServer()
  const app = await makeApp({ site: withContacts })
  const server = buildServer(app, { version: '0.0.0-test' })
  const running = tell(app, { port: smtp.port })
  t.after(async () => {
    await running.close()
    await server.close()
    await app.close()
    await smtp.close()
  })
  const client = await clientOf(app, server)
  return {
    client,
    smtp,
    async refused(target) {
      const before = (await deadOnes(client)).length
      smtp.faults.at('mail', { code: 550, words: 'we do not like you' })
      await client.block({ target, reason: 'sends spam', duration: '1h' })
      await eventually('it is dead', SOON, async () => (await deadOnes(client)).length > before)
      return (await deadOnes(client)).at(-1) as Json
    },
  }
}

async function deadOnes({ send }: Client): Promise<readonly Json[]> {
  return list((await send('GET', '/v1/messages?dead=true')).json['messages'])
}

/** Messages 1 to `count` as they are written down, where nobody sends any; each of `dead` was refused. */
export async function writeDown({ ledger }: TestApp, count: number, dead: readonly number[]): Promise<void> {
  const queued = Array.from(
    { length: count },
    (_, at): LedgerEvent => ({
      ...{
        type: 'message.queued',
        message: at + 1,
        to: 'desk',
        by: 'mail',
        upTo: 0,
        notices: 1,
        blocks: [1],
      },
      letter: {
        ...{ to: [{ mail: 'desk@uni.example' }], cc: [], references: [] },
        ...{ subject: `[Cordon#1] letter ${at + 1}`, text: 'It is blocked.' },
      },
    }),
  )
  const refused = dead.map(
    (message): LedgerEvent => ({
      ...{ type: 'message.dead', message, blocks: [1], words: '550 no such user' },
    }),
  )
  const events = [...queued, ...refused]
  await ledger.commit(() => ({ events, answer: undefined }), { bytes: 2_048 * events.length, always: false })
}
