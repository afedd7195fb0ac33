import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { blackholeRule, type Rule } from '../../src/domain/rule.ts'
import { adapterContract } from '../../test/contract/suite.ts'
import type { DeviceChange, Session } from '../adapter.ts'
import { loginEnv } from '../configured/testing/login-env.ts'
import type { SshCliConfig } from './config.ts'
import { sshCliAdapter } from './index.ts'
import { type FrrBench, frrConfig, frrDevice, noFrrRouter, startFrrBench } from './testing/frr-bench.ts'

const skip = noFrrRouter()

describe('frr, with vtysh behind sshd', { skip }, () => {
  if (skip !== false) return
  let bench: FrrBench | undefined
  before(async () => {
    bench = await startFrrBench()
  })
  after(() => bench?.dispose())
  adapterContract({
    name: 'ssh-cli, frr',
    adapter: sshCliAdapter,
    numRuns: 3,
    patience: 30_000,
    small: (config: SshCliConfig): SshCliConfig => ({ ...config, maxEntries: 8 }),
    start: async () => {
      assert.ok(bench)
      return frrDevice(bench)
    },
  })

  describe('routes beside those of others', () => {
    const NEVER = new AbortController().signal
    const HOST = parsePrefix('198.18.0.1')
    const local = blackholeRule('d-rtbh', HOST)
    const external = blackholeRule('d-rtbh', HOST, 'external')
    let sessions: Session[] = []
    let said: DeviceChange[] = []

    beforeEach(() => bench?.reset())
    afterEach(async () => {
      await Promise.all(sessions.map((session) => session.close()))
      sessions = []
    })

    const router = (): FrrBench => {
      assert.ok(bench)
      return bench
    }
    const routes = (): string[] =>
      router()
        .byHand('show running-config staticd')
        .split('\n')
        .filter((line) => /^ip(v6)? route/.test(line))

    async function open(more: Partial<SshCliConfig> = {}): Promise<Session> {
      const env = loginEnv({ 'file:key': router().sshd.privateKey })
      const session = await sshCliAdapter.open({ ...frrConfig(router()), ...more }, env)
      said = []
      session.onChange?.((change) => said.push(change))
      sessions.push(session)
      return session
    }

    async function apply(session: Session, put: readonly Rule[], remove: readonly Rule[]): Promise<string[]> {
      const receipt = await session.apply({ put, remove }, NEVER)
      return [...put, ...remove].map(({ key }) => {
        const outcome = receipt.get(key)
        return outcome?.result === 'failed'
          ? `${outcome.class}: ${outcome.words}`
          : (outcome?.result ?? 'none')
      })
    }

    it('what is for an outside host has another tag, and never stands beside the other', async () => {
      const session = await open({ tag: 77 })
      assert.deepEqual(await apply(session, [external], []), ['done'])
      assert.deepEqual(routes(), ['ip route 198.18.0.1/32 blackhole tag 78'])
      const [refused] = await apply(session, [local], [])
      assert.match(refused ?? '', /^rejected: there is a static route already.*tag 78/)
      assert.deepEqual(await apply(session, [local], [external]), ['done', 'done'])
      assert.deepEqual(routes(), ['ip route 198.18.0.1/32 blackhole tag 77'])
      assert.deepEqual((await session.observe('all', NEVER)).rules, [local])
    })

    it("a person's route to the same prefix is not touched, and one that became theirs stays", async () => {
      const theirs = 'ip route 198.18.0.1/32 10.255.255.9'
      router().byHand('configure terminal', theirs)
      const session = await open()
      const other = blackholeRule('d-rtbh', parsePrefix('198.18.0.2'))
      const [refused, done] = await apply(session, [local, other], [])
      assert.match(refused ?? '', /^rejected: there is a static route already/)
      assert.equal(done, 'done')
      router().byHand('configure terminal', 'ip route 198.18.0.2/32 blackhole tag 5')
      assert.deepEqual(await apply(session, [], [other]), ['done'])
      assert.deepEqual(routes(), [theirs, 'ip route 198.18.0.2/32 blackhole tag 5'])
    })

    it('what is configured and not in effect is not done, is uncertain, and can be taken away', async () => {
      const session = await open()
      const connected = blackholeRule('d-rtbh', parsePrefix('10.255.255.0/24'))
      assert.deepEqual(await apply(session, [connected], []), ['unknown'])
      const { rules, uncertain } = await session.observe('all', NEVER)
      assert.deepEqual([rules, uncertain], [[], [connected]])
      assert.deepEqual(await apply(session, [], [connected]), ['done'])
      assert.deepEqual(routes(), [])
    })

    it('is kept for a restart where it is saved', async () => {
      const file = (): string => readFileSync(`${router().folder}/frr.conf`, 'utf8')
      await apply(await open(), [local], [])
      assert.throws(file, /ENOENT/)
      await apply(await open({ save: 'after-change' }), [external], [local])
      assert.match(file(), /blackhole tag 911001/)
      assert.ok(said.some((one) => one.type === 'status' && one.code === 'saved' && one.ok))
    })

    it('a paste beyond what is typed ahead is answered line by line', async () => {
      const many = Array.from({ length: 120 }, (_, index) =>
        blackholeRule('d-rtbh', parsePrefix(index % 2 === 0 ? `198.18.1.${index}` : `2001:2::${index}`)),
      )
      const session = await open()
      assert.deepEqual(new Set(await apply(session, many, [])), new Set(['done']))
      assert.equal(routes().length, many.length)
      assert.deepEqual(new Set(await apply(session, [], many)), new Set(['done']))
    })
  })
})
