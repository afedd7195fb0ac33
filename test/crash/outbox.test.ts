import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { createBlocks } from '../../src/app/create-blocks.ts'
import { fileUnblock } from '../../src/app/requests/file.ts'
import { grantRequest } from '../../src/app/requests/settle.ts'
import { authenticate } from '../../src/app/tokens.ts'
import { makeApp, type TestApp } from '../helpers/app.ts'
import { startSmtpServer, type TestSmtpServer } from '../helpers/smtp-server.ts'
import { THREADS, tell, withContacts } from '../helpers/telling.ts'

const SOON = 20_000
const HEARING = { every: 1_500 }

/** What was there at one step: the ledger as it stood on the disk, and the mails that the server had taken. */
interface Step {
  readonly name: string
  readonly folder: string
  readonly taken: readonly string[]
}

/** Does something, and waits until everybody has been told. */
async function told<T>({ ledger }: TestApp, act: () => Promise<T>): Promise<T> {
  const { head } = ledger
  const before = head.heard ?? 0
  const done = await act()
  await eventually('everything is told', SOON, () => (head.heard ?? 0) > before && isQuiet(head))
  return done
}

function isQuiet({ messages, pending }: TestApp['ledger']['head']): boolean {
  return messages.size + pending.size === 0
}

/** Blocks, a request and its answer: what people do while mails go out. */
async function act(app: TestApp): Promise<void> {
  const caller = authenticate(app, await app.root())
  const wanted = (host: number) => ({ target: `10.10.1.${host}`, reason: 'sends spam', duration: '1h' })
  const { items } = await told(app, () => createBlocks(app, caller, [wanted(1)], 'first'))
  await told(app, () => createBlocks(app, caller, [wanted(2), wanted(3)], 'second'))
  const [first] = items
  assert.ok(first?.ok)
  const { id } = first.block
  const request = await told(app, () => fileUnblock(app, caller, { block: id, text: 'reinstalled' }))
  await told(app, () => grantRequest(app, caller, request.id, { text: 'thank you' }))
}

/** Runs it once and keeps what was there at every step, as a crash would find it. */
async function record(t: TestContext, root: string): Promise<{ steps: Step[]; all: readonly string[] }> {
  const server = await startSmtpServer()
  const app = await makeApp({ site: withContacts })
  const steps: Step[] = []
  const keep = (name: string): void => {
    const folder = join(root, `step-${steps.length}`)
    cpSync(app.folder, folder, { recursive: true })
    steps.push({ name, folder, taken: server.mails.map(({ id }) => id) })
  }
  // Before anybody hears of what has just become durable.
  app.ledger.onDurable((recorded) => keep(recorded.map(({ event }) => event.type).join(' ')))
  const running = tell(app, { port: server.port, hearing: HEARING })
  t.after(() => server.close())
  const watch = setInterval(() => {
    if (server.mails.length !== steps.at(-1)?.taken.length && steps.length > 0)
      keep('the server has taken a mail')
  }, 1)
  await eventually('telling has begun', SOON, () => app.ledger.head.heard !== undefined)
  await act(app)
  clearInterval(watch)
  await running.close()
  await app.close()
  return { steps, all: server.mails.map(({ id }) => id) }
}

/** What came of going on from a step: the mails that the server has, and those that the ledger knows of. */
interface End {
  readonly mails: readonly string[]
  readonly written: readonly string[]
  /** Blocks that nobody was told of. */
  readonly untold: readonly number[]
}

/** Goes on from a step, with a server that has what it had taken. */
async function goOn({ name, folder, taken }: Step, server: TestSmtpServer): Promise<End> {
  const before = server.mails.length
  const app = await makeApp({ site: withContacts, folder })
  const { head } = app.ledger
  const running = tell(app, { port: server.port, hearing: HEARING })
  const told = (): boolean => isQuiet(head) && untoldOf(head.blocks.keys(), written).length === 0
  const written = new Map<string, readonly number[]>()
  await eventually(`all is told after a crash at: ${name}`, SOON, async () => {
    for await (const { event } of app.ledger.history())
      if (event.type === 'message.queued') {
        const about = event.request ?? (event.blocks.length === 1 ? (event.blocks[0] ?? 0) : 0)
        written.set(THREADS.idOf(about, event.message), event.blocks)
      }
    return told()
  })
  await running.close()
  await app.close()
  return {
    mails: [...taken, ...server.mails.slice(before).map(({ id }) => id)],
    written: [...written.keys()],
    untold: untoldOf(head.blocks.keys(), written),
  }
}

function untoldOf(blocks: Iterable<number>, written: ReadonlyMap<string, readonly number[]>): number[] {
  const told = new Set([...written.values()].flat())
  return [...blocks].filter((id) => !told.has(id))
}

test('a crash at every step of the outbox loses no mail, and hands over again only what was under way', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'cordon-outbox-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const { steps, all } = await record(t, root)
  assert.equal(new Set(all).size, all.length, 'without a crash each comes once')
  assert.ok(all.length >= 6, `${all.length} mails`)
  const server = await startSmtpServer()
  t.after(() => server.close())
  let doubles = 0
  for (const step of steps) {
    const { mails, written, untold } = await goOn(step, server)
    assert.deepEqual(untold, [], `${step.name}: blocks of which nobody was told`)
    assert.deepEqual(
      written.filter((id) => !mails.includes(id)),
      [],
      `${step.name}: mails that were written and never came`,
    )
    const twice = mails.filter((id, index) => mails.indexOf(id) !== index)
    doubles += twice.length
    assert.ok(
      twice.length === 0 || (twice.length === 1 && twice[0] === step.taken.at(-1)),
      `${step.name}: ${twice.length} mails came twice; that may only be the one that was under way, under its own id`,
    )
  }
  t.diagnostic(`${steps.length} crashes, ${all.length} mails, ${doubles} handed over again under the same id`)
})
