import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { makeApp, type TestApp } from '../../test/helpers/app.ts'
import { readTarget } from '../domain/target.ts'
import { DEFAULT_LIMITS } from '../guards/limits.ts'
import { amendBlock } from './amend-block.ts'
import { AppError } from './app-error.ts'
import { resetBreakers } from './automation.ts'
import { type CreatedBlocks, createBlocks } from './create-blocks.ts'
import { explain } from './explain.ts'
import type { NewBlock } from './prepare.ts'
import { releaseBlock } from './release-block.ts'
import type { Caller } from './rights.ts'
import { authenticate } from './tokens.ts'

const ASKED: NewBlock = { target: '198.51.100.7', reason: 'test', duration: '1h' }

describe('the use cases of blocks', () => {
  let app: TestApp
  let person: Caller
  let machine: Caller
  const keys = { next: 0 }

  before(async () => {
    app = await makeApp()
    person = authenticate(app, await app.root())
    machine = authenticate(app, await app.token(['blocks:read', 'blocks:write'], 'automatic'))
  })
  after(() => app.close())

  function create(
    requests: readonly NewBlock[],
    caller = person,
    key?: string,
    on = app,
  ): Promise<CreatedBlocks> {
    keys.next += 1
    return createBlocks(on, caller, requests, key ?? `key ${keys.next}`)
  }

  /** The number of a block, or the codes that it was refused with. */
  async function outcome(request: Partial<NewBlock>, caller = person, on = app): Promise<number | string> {
    const { items } = await create([{ ...ASKED, ...request }], caller, undefined, on)
    const [item] = items
    if (item === undefined) throw new Error('there is no answer')
    if (item.ok) return item.block.id
    const codes = item.error.refusals.map(({ code }) => code)
    return codes.length > 0 ? codes.join() : item.error.code
  }

  async function block(request: Partial<NewBlock> = {}, caller = person): Promise<number> {
    const id = await outcome(request, caller)
    assert.equal(typeof id, 'number', String(id))
    return Number(id)
  }

  async function codeOf(promise: Promise<unknown>): Promise<string> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof AppError, `expected a refusal, got ${String(error)}`)
    return error.code
  }

  const endings: readonly [what: string, given: Partial<NewBlock>, taken: boolean][] = [
    ['nothing', {}, false],
    ['a duration', { duration: '24h' }, true],
    ['a time', { until: '2099-01-01T00:00:00Z' }, true],
    ['a time with an offset', { until: '2099-01-01T00:00:00+02:00' }, true],
    ['permanent', { permanent: true }, true],
    ['permanent that is false', { permanent: false }, false],
    ['a duration, and permanent that is false', { duration: '1h', permanent: false }, true],
    ['two of them', { duration: '1h', until: '2099-01-01T00:00:00Z' }, false],
    ['two others', { duration: '1h', permanent: true }, false],
    ['a time that has passed', { until: '2020-01-01T00:00:00Z' }, false],
    ['a time without a zone', { until: '2099-01-01T00:00:00' }, false],
    ['a day that does not exist', { until: '2099-02-30T00:00:00Z' }, false],
    ['no time at all', { duration: '0s' }, false],
    ['eleven years', { duration: '4100d' }, false],
  ]
  for (const [what, given, taken] of endings)
    it(`an end is exactly one of duration, until and permanent: ${what}`, async () => {
      const { duration: _, ...rest } = ASKED
      const { items } = await create([{ ...rest, ...given }])
      assert.equal(items[0]?.ok, taken)
      if (items[0]?.ok === false)
        assert.deepEqual(
          [items[0].error.status, ['until', 'duration'].includes(items[0].error.code)],
          [400, true],
        )
    })

  it('a packet length that no packet has is refused where it stands (the outage of 2013)', async () => {
    const { items } = await create([{ ...ASKED, direction: 'from', match: { packetLength: '99971' } }])
    assert.ok(items[0]?.ok === false)
    assert.deepEqual([items[0].error.code, items[0].error.path], ['match-value', 'match.packetLength'])
  })

  it('an empty match narrows nothing and widens nothing', async () => {
    const id = await block({ match: {} })
    assert.equal(app.ledger.head.blocks.get(id)?.match, undefined)
    assert.match(String(await outcome({ target: '0.0.0.0/0', match: {} })), /^space-not-blockable,/)
  })

  it('is amended only by who has seen it as it is, and only in part', async () => {
    const id = await block()
    const amend = (version: number, change: Parameters<typeof amendBlock>[4], caller = person) =>
      amendBlock(app, caller, id, version, change)
    assert.equal(await codeOf(amend(1, {})), 'nothing-to-change')
    assert.equal(await codeOf(amend(1, { duration: '1h', permanent: true })), 'until')
    assert.equal(await codeOf(amend(2, { reason: 'x' })), 'version-mismatch')
    const changed = await amend(1, { reason: 'y', ticket: '4711', duration: '2h' })
    assert.deepEqual([changed.reason, changed.ticket, changed.version], ['y', '4711', 2])
    assert.equal(await codeOf(amend(1, { reason: 'z' })), 'version-mismatch')
    assert.equal(await codeOf(amend(2, { permanent: true }, machine)), 'forbidden')
    assert.equal((await amend(2, { permanent: true })).until, null)
    await releaseBlock(app, person, id, undefined)
    assert.equal(await codeOf(amend(4, { reason: 'late' })), 'block-ended')
    assert.equal(await codeOf(amendBlock(app, person, 999_999, 1, { reason: 'x' })), 'not-found')
  })

  it('a block whose time is over cannot be extended, even before that is recorded', async (t) => {
    const other = await makeApp()
    t.after(() => other.close())
    const root = authenticate(other, await other.root())
    const { items } = await create([ASKED], root, undefined, other)
    assert.ok(items[0]?.ok)
    other.skip(3_600_000)
    const { id } = items[0].block
    assert.equal(await codeOf(amendBlock(other, root, id, 1, { duration: '1h' })), 'block-ended')
  })

  it('releasing is final and can be repeated', async () => {
    const id = await block()
    const first = await releaseBlock(app, person, id, 'done')
    assert.deepEqual([first.wanted, first.ending], ['off', 'released'])
    assert.deepEqual(await releaseBlock(app, person, id, 'again'), first)
    assert.equal(await codeOf(releaseBlock(app, person, 999_999, undefined)), 'not-found')
  })

  it('a repeated request gets the first answer, refused items too', async () => {
    const requests = [ASKED, { ...ASKED, target: '192.0.2.53' }, { ...ASKED, target: '198.51.100.8' }]
    const first = await create(requests, person, 'once')
    assert.deepEqual(
      first.items.map(({ ok }) => ok),
      [true, false, true],
    )
    const before = app.ledger.head.nextBlock
    const second = await create(requests, person, 'once')
    assert.equal(second.replayed, true)
    assert.equal(app.ledger.head.nextBlock, before)
    assert.deepEqual(
      second.items.map((item) => (item.ok ? item.block.id : item.error.code)),
      first.items.map((item) => (item.ok ? item.block.id : 'answered-before')),
    )
    assert.equal(await codeOf(create([ASKED], person, 'once')), 'idempotency-mismatch')
    assert.equal((await create(requests, machine, 'once')).replayed, false, 'keys are of one token')
  })

  it('a request of which nothing was taken may be tried again under its key', async () => {
    const refused = [{ ...ASKED, target: '192.0.2.53' }]
    for (let time = 0; time < 2; time += 1)
      assert.equal((await create(refused, person, 'nothing')).replayed, false)
  })

  it('two requests at once under one key make one block', async () => {
    const [a, b] = await Promise.all([create([ASKED], person, 'race'), create([ASKED], person, 'race')])
    assert.deepEqual(
      [a, b].map(({ items }) => items[0]?.ok === true && items[0].block.id),
      Array(2).fill(a?.items[0]?.ok === true && a.items[0].block.id),
    )
    assert.equal(b?.replayed, true)
  })

  it('explains what hits an address, and what did', async () => {
    const target = readTarget('198.51.100.200')
    const empty = await explain(app, person, target)
    assert.match(empty.summary, /nothing that Cordon did or remembers affects/)
    const id = await block({ target: '198.51.100.192/28' })
    const hit = await explain(app, person, target)
    assert.deepEqual(
      hit.active.map((view) => view.block.id),
      [id],
    )
    assert.match(hit.active[0]?.because ?? '', /shares addresses with the target 198\.51\.100\.192\/28/)
    await releaseBlock(app, person, id, undefined)
    const over = await explain(app, person, target)
    assert.equal(over.active.length, 0)
    assert.match(over.summary, new RegExp(`block,? ${id}`))
    const own = await explain(app, person, readTarget('10.10.0.17'))
    assert.deepEqual([own.own, own.protected.map(({ name }) => name)], [true, ['CSIRT']])
  })
})

describe('automatic sources', () => {
  async function scene(t: { after(run: () => Promise<void>): void }, limits = {}) {
    const app = await makeApp({ limits })
    t.after(() => app.close())
    const person = authenticate(app, await app.root())
    const machine = authenticate(app, await app.token(['blocks:write'], 'automatic'))
    const ask = async (targets: readonly string[], more: Partial<NewBlock> = {}, caller = machine) => {
      const requests = targets.map((target) => ({
        ...ASKED,
        evidence: 'established' as const,
        ...more,
        target,
      }))
      const { items } = await createBlocks(app, caller, requests, `${Math.random()}`)
      return items.map((item) => item.ok)
    }
    return { app, person, machine, ask }
  }
  const hosts = (count: number, net = '198.51.100'): string[] =>
    Array.from({ length: count }, (_, index) => `${net}.${index + 1}`)

  it('are stopped at the eleventh attempt in a minute, until a person resets that; releases go on', async (t) => {
    const { app, person, machine, ask } = await scene(t)
    assert.deepEqual(await ask(hosts(11)), [...Array<boolean>(10).fill(true), false])
    app.skip(3_600_000)
    assert.deepEqual(await ask(['198.51.100.99']), [false], 'it latches')
    assert.deepEqual(await ask(['198.51.100.99'], {}, person), [true], 'persons go on')
    assert.equal((await releaseBlock(app, machine, 1, undefined)).wanted, 'off')
    assert.equal((await resetBreakers(app, person, undefined)).breakers.size, 0)
    assert.deepEqual(await ask(['198.51.100.98']), [true])
  })

  it('count one attack on many victims once, and are stopped at the 26th host', async (t) => {
    const { ask } = await scene(t)
    const taken = await ask(hosts(26), { attack: 'flood' })
    assert.deepEqual(taken, [...Array<boolean>(25).fill(true), false])
  })

  it('are stopped by what is in force from before', async (t) => {
    const { ask } = await scene(t)
    for (const [index, net] of ['198.51.100', '203.0.113', '198.18.1'].entries())
      await ask(hosts(8, net), { attack: `flood ${index}` })
    assert.deepEqual(await ask(hosts(2, '198.18.2'), { attack: 'flood 9' }), [true, false])
  })

  it('are stopped above a tenth of a department, and what they did to another does not count', async (t) => {
    const { ask } = await scene(t)
    assert.ok((await ask(hosts(10, '10.10.1'), { attack: 'a' })).every((ok) => ok))
    assert.deepEqual(await ask([...hosts(2, '10.10.1'), ...hosts(6, '10.10.2')], { attack: 'b' }), [
      ...Array<boolean>(7).fill(true),
      false,
    ])
  })

  it('attempts that are refused count', async (t) => {
    const { ask } = await scene(t)
    assert.deepEqual(await ask(Array<string>(11).fill('192.0.2.53')), Array<boolean>(11).fill(false))
    assert.deepEqual(await ask(['198.51.100.1']), [false])
  })

  it('have so many blocks at once and no more', async (t) => {
    const { ask } = await scene(t, { roles: { ...DEFAULT_LIMITS.roles, trigger: { active: 2 } } })
    assert.deepEqual(await ask(hosts(3), { attack: 'x' }), [true, true, false])
  })
})

describe('when something cannot be evaluated', () => {
  it('nothing is taken, and releases go on', async (t) => {
    const app = await makeApp()
    t.after(() => app.close())
    const caller = authenticate(app, await app.root())
    await createBlocks(app, caller, [ASKED], 'first')
    const broken: TestApp = {
      ...app,
      get inventory(): never {
        throw new Error('the protected list cannot be read')
      },
    }
    await assert.rejects(createBlocks(broken, caller, [ASKED], 'second'), /protected list/)
    assert.equal(app.ledger.head.nextBlock, 2)
    assert.equal((await releaseBlock(broken, caller, 1, undefined)).wanted, 'off')
  })

  it('a policy that refuses is obeyed', async (t) => {
    const app = await makeApp()
    t.after(() => app.close())
    const caller = authenticate(app, await app.root())
    const strict: TestApp = { ...app, policy: () => ({ verdict: 'refuse', rule: 'calm', why: 'not today' }) }
    const { items } = await createBlocks(strict, caller, [ASKED], 'first')
    assert.ok(items[0]?.ok === false)
    assert.deepEqual(items[0].error.refusals, [
      { guard: 'policy', code: 'policy-refused', message: "the rule 'calm' refuses it: not today" },
    ])
  })
})
