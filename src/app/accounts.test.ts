import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { MemoryDevice } from '../../adapters/memory/device.ts'
import { createMemoryAdapter } from '../../adapters/memory/index.ts'
import { eventually } from '../../simulator/eventually.ts'
import { makeApp, type TestApp } from '../../test/helpers/app.ts'
import { ACCOUNT_PLACEMENTS, withAccounts } from '../../test/helpers/campus-accounts.ts'
import { readTarget } from '../domain/target.ts'
import { createBlocks } from './create-blocks.ts'
import { dryRun } from './dry-run.ts'
import { explain } from './explain.ts'
import { reloadInventory } from './inventory.ts'
import type { NewBlock } from './prepare.ts'
import { releaseBlock } from './release-block.ts'
import type { Caller } from './rights.ts'
import { showBlock } from './show-blocks.ts'
import { authenticate } from './tokens.ts'

const LOCK = 'account-locked alice@campus.example'
const STATION = '02:00:5e:10:00:07'

describe('accounts and stations', () => {
  const devices = new Map<string, MemoryDevice>()
  let app: TestApp
  let person: Caller
  let keys = 0

  before(async () => {
    const site = withAccounts(createMemoryAdapter())
    app = await makeApp({ site, placements: ACCOUNT_PLACEMENTS, devices })
    person = authenticate(app, await app.root())
  })
  after(() => app.close())

  const asked = (request: Partial<NewBlock>): NewBlock => ({
    ...{ target: 'alice@campus.example', reason: 'phished', duration: '1h' },
    ...request,
  })
  async function block(request: Partial<NewBlock>, caller = person): Promise<number> {
    const { items } = await createBlocks(app, caller, [asked(request)], `key ${keys++}`)
    const [item] = items
    assert.ok(item?.ok, item?.ok === false ? item.error.message : 'nothing')
    return item.block.id
  }
  async function refusal(request: Partial<NewBlock>, caller = person): Promise<string> {
    const { items } = await createBlocks(app, caller, [asked(request)], `key ${keys++}`)
    const [item] = items
    assert.ok(item?.ok === false)
    return item.error.message
  }
  const stands = (id: number, standing: string) =>
    eventually(
      `block ${id} is ${standing}`,
      5_000,
      async () => (await showBlock(app, person, id)).standing === standing,
    )
  const at = (device: string) => devices.get(device) ?? new MemoryDevice()
  const bindings = (...lines: readonly string[]) =>
    app.leases.book.take({
      text: ['address,mac,user,from,until', ...lines].join('\n'),
      ...{ format: 'csv', source: 'test', takeRest: false },
    })

  it('an account is locked and its sessions end as one block, and its release gives back what was', async () => {
    at('directory').switches.set('account-locked bob@campus.example', 'down')
    const [alice, bob] = [await block({}), await block({ target: 'Bob@Campus.example' })]
    for (const id of [alice, bob]) await stands(id, 'in-force')
    assert.equal(at('directory').switches.get(LOCK), 'down')
    assert.ok(at('radius').rules.has('no-session alice@campus.example'))
    for (const id of [alice, bob]) await releaseBlock(app, person, id, undefined)
    for (const id of [alice, bob]) await stands(id, 'ended')
    assert.equal(at('directory').switches.get(LOCK), 'up')
    assert.equal(
      at('directory').switches.get('account-locked bob@campus.example'),
      'down',
      'locked before us',
    )
    assert.equal(at('radius').rules.size, 0)
  })

  it('two reasons for one account are two blocks, and it is unlocked with the last', async () => {
    const [one, other] = [await block({}), await block({ reason: 'sends spam' })]
    for (const id of [one, other]) await stands(id, 'in-force')
    await releaseBlock(app, person, one, undefined)
    await stands(one, 'ended')
    assert.equal(at('directory').switches.get(LOCK), 'down')
    assert.match(
      (await explain(app, person, readTarget('alice@campus.example'))).summary,
      /1 active block affects/,
    )
    await releaseBlock(app, person, other, undefined)
    await stands(other, 'ended')
    assert.equal(at('directory').switches.get(LOCK), 'up')
  })

  it('what a person unlocks meanwhile stays unlocked, and that is said', async () => {
    const id = await block({})
    await stands(id, 'in-force')
    at('directory').turn(LOCK, 'up')
    await eventually('it is noticed', 5_000, async () => {
      const { holdings } = await showBlock(app, person, id)
      return holdings.some(({ device, inForce }) => device === 'directory' && !inForce)
    })
    assert.equal(at('directory').switches.get(LOCK), 'up')
    await releaseBlock(app, person, id, undefined)
    await stands(id, 'ended')
    assert.equal(at('directory').switches.get(LOCK), 'up')
  })

  it('protected accounts, realms and stations are refused by their name', async () => {
    assert.match(
      await refusal({ target: 'root@campus.example' }),
      /root@campus\.example \(the emergency account\) is protected/,
    )
    assert.match(
      await refusal({ target: 'ci@service.campus.example' }),
      /@service\.campus\.example \(services\) is protected/,
    )
    assert.match(await refusal({ target: '02:00:5e:10:00:99' }), /the wireless controller/)
  })

  it('one that becomes protected while it is blocked is let go', async () => {
    const id = await block({ target: 'carol@campus.example' })
    await stands(id, 'in-force')
    app.change((lists) => ({
      ...lists,
      accounts: {
        ...(lists.accounts ?? { realms: [], visitors: [], protected: [] }),
        protected: [
          ...(lists.accounts?.protected ?? []),
          { who: 'carol@campus.example', name: 'head of IT' },
        ],
      },
    }))
    await reloadInventory(app, person, undefined)
    await stands(id, 'ended')
    assert.equal(at('directory').switches.get('account-locked carol@campus.example'), 'up')
    app.change((lists) => lists)
    await reloadInventory(app, person, undefined)
  })

  it('IT support sees and blocks the accounts of its department, and no other', async () => {
    const physics = authenticate(app, await app.person('Ines', ['itss', 'analyst'], ['physics']))
    const law = authenticate(app, await app.person('Lou', ['itss', 'analyst'], ['law']))
    const id = await block({ target: 'dan@physics.campus.example' }, physics)
    assert.equal((await showBlock(app, physics, id)).block.id, id)
    await assert.rejects(showBlock(app, law, id), /there is no block/)
    assert.match(await refusal({}, law), /alice@campus\.example is not in your departments \(law\)/)
    assert.match(await refusal({ target: STATION }, physics), /is not in your departments/)
    await releaseBlock(app, person, id, undefined)
  })

  it('the station of a host is quarantined with it where that is asked for and known', async () => {
    const from = new Date(app.clock.now() - 60_000).toISOString()
    assert.match(
      await refusal({ target: '10.10.1.7', quarantine: true }),
      /nobody knows which station has 10\.10\.1\.7/,
    )
    await bindings(`10.10.1.7,${STATION},,${from},`)
    const plan = await dryRun(app, person, asked({ target: '10.10.1.7', quarantine: true }))
    assert.deepEqual([plan.spec.stations, plan.refusals], [[STATION], []])
    const id = await block({ target: '10.10.1.7', quarantine: true })
    await stands(id, 'in-force')
    assert.deepEqual(at('radius').rules.get(`no-session ${STATION}`)?.action, { do: 'quarantine' })
    assert.match(
      (await explain(app, person, readTarget(STATION))).active[0]?.because ?? '',
      /a station of the target 10\.10\.1\.7/,
    )
    const dropped = await block({ target: STATION, action: 'drop' })
    await stands(dropped, 'in-force')
    assert.deepEqual(
      at('radius').rules.get(`no-session ${STATION}`)?.action,
      { do: 'drop' },
      'the stricter stands',
    )
    await releaseBlock(app, person, dropped, undefined)
    await eventually(
      'the other is back',
      5_000,
      () => at('radius').rules.get(`no-session ${STATION}`)?.action.do === 'quarantine',
    )
    await releaseBlock(app, person, id, undefined)
    await stands(id, 'ended')
    await bindings(`10.10.1.8,02:00:5e:10:00:99,,${from},`)
    assert.match(await refusal({ target: '10.10.1.8', quarantine: true }), /the wireless controller/)
  })

  it('of a visitor the sessions end, of the account and of what they use, and that it cannot be locked is said', async () => {
    const from = new Date(app.clock.now() - 60_000).toISOString()
    await bindings(`10.10.9.9,02:00:5e:10:00:0a,Eve@Other.example,${from},`)
    const plan = await dryRun(app, person, asked({ target: 'eve@other.example' }))
    assert.match(plan.gaps.map(({ why }) => why).join(), /is a visitor: .* cannot be locked here/)
    assert.match(JSON.stringify(plan.affected), /abuse@other\.example/)
    const id = await block({ target: 'eve@other.example' })
    await stands(id, 'in-force')
    assert.deepEqual([...at('radius').rules.keys()].sort(), [
      'no-session 02:00:5e:10:00:0a',
      'no-session eve@other.example',
    ])
    assert.ok(![...at('directory').switches.keys()].some((key) => key.includes('eve')))
    await releaseBlock(app, person, id, undefined)
    await stands(id, 'ended')
  })

  it('what blocks an account, a machine needs evidence and an end for, and counts in its department', async () => {
    const machine = authenticate(app, await app.token(['blocks:write', 'blocks:read'], 'automatic'))
    assert.match(await refusal({}, machine), /the evidence could be forged/)
    const id = await block({ evidence: 'established' }, machine)
    assert.equal(app.load.now.automaticIn('physics'), 1)
    assert.equal(app.load.now.automaticHostsIn('physics'), 1)
    await releaseBlock(app, person, id, undefined)
    assert.equal(app.load.now.automaticIn('physics'), 0)
    const bound = authenticate(app, await app.machine({ bounds: { targets: [] } }))
    assert.match(
      await refusal({ evidence: 'established' }, bound),
      /alice@campus\.example is an account, and this token may block/,
    )
  })
})
