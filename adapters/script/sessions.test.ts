import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { DROP, identityRule, QUARANTINE } from '../../src/domain/rule.ts'
import { sessionsScript } from '../../test/helpers/script-place.ts'
import type { DeviceChange, Session } from '../adapter.ts'
import type { ScriptConfig } from './config.ts'
import { scriptAdapter } from './index.ts'
import { NEVER, type ScriptScene, withScript } from './testing/scene.ts'

const STATION = '02:00:5e:10:00:01'
const DROPPED = identityRule('no-session', STATION, DROP)
const QUARANTINED = identityRule('no-session', STATION, QUARANTINE)
const VISITOR = identityRule('no-session', 'eve@partner.example')
const skip = existsSync('/usr/bin/python3') ? false : 'there is no python3'

interface State {
  live: Record<string, string>
  kept: Record<string, string>
}

interface Scene extends ScriptScene {
  open(): Promise<Session>
  state(): State
  /** Somebody comes, or all is as it is said. */
  set(state: State): void
}

/** Ends sessions alone, of everybody, and looks often. */
async function withSessions(
  run: (scene: Scene) => Promise<void>,
  more: Partial<ScriptConfig> = {},
  change = (text: string): string => text,
): Promise<void> {
  await withScript(change(sessionsScript()), async (scene) => {
    const file = join(scene.place.data, 'sessions.json')
    const { realms: _, ...config } = scene.config
    const sessions: ScriptConfig = {
      ...{ ...config, kinds: ['no-session'], stations: ['drop', 'quarantine'], interval: 50 },
      ...{ environment: { ...scene.config.environment, SESSIONS_FILE: file }, ...more },
    }
    const opened: Session[] = []
    const set = (state: State): void => scene.place.put('sessions.json', JSON.stringify(state))
    set({ live: {}, kept: {} })
    try {
      await run({
        ...{ ...scene, config: sessions, set },
        state: () => JSON.parse(readFileSync(file, 'utf8')) as State,
        async open() {
          const session = await scriptAdapter.open(sessions, scene.env)
          opened.push(session)
          return session
        },
      })
    } finally {
      for (const session of opened) await session.close()
    }
  })
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    assert.ok(tries < 2_000, 'not within 10 s')
    await pause(5)
  }
}

const put = (session: Session, ...rules: (typeof DROPPED)[]) =>
  session.apply({ put: rules, remove: [] }, NEVER)
const remove = (session: Session, ...rules: (typeof DROPPED)[]) =>
  session.apply({ put: [], remove: rules }, NEVER)
const DONE = { result: 'done', evidence: 'read-back' }

describe('sessions that a script ends', { skip }, () => {
  it('are ended again whenever they appear, also after a restart, and until they may come', () =>
    withSessions(async ({ open, state, set }) => {
      set({ live: { [STATION]: 'normal', 'eve@partner.example': 'normal', other: 'normal' }, kept: {} })
      const first = await open()
      const receipt = await put(first, DROPPED, VISITOR)
      assert.deepEqual([receipt.get(DROPPED.key), receipt.get(VISITOR.key)], [DONE, DONE])
      assert.deepEqual(state().live, { other: 'normal' })
      const changes: DeviceChange[] = []
      first.onChange?.((change) => changes.push(change))
      for (let time = 0; time < 2; time += 1) {
        set({ ...state(), live: { [STATION]: 'normal' } })
        await until(() => state().live[STATION] === undefined)
      }
      assert.deepEqual(changes, [], 'one that comes back is nobody’s word against it')
      await first.close()
      set({ ...state(), live: { [STATION]: 'normal' } })
      const second = await open()
      await until(() => state().live[STATION] === undefined)
      const { rules, uncertain } = await second.observe('all', NEVER)
      assert.deepEqual(
        [[...rules].sort((a, b) => (a.key < b.key ? -1 : 1)), uncertain],
        [[DROPPED, VISITOR], []],
      )
      await remove(second, DROPPED)
      assert.deepEqual(state().kept, { 'eve@partner.example': 'suspend' })
      set({ ...state(), live: { [STATION]: 'normal' } })
      await second.observe('all', NEVER)
      assert.deepEqual(state().live, { [STATION]: 'normal' }, 'it may come again')
    }))

  it('go into quarantine, and from there to nowhere, as they are told', () =>
    withSessions(async ({ open, state, set }) => {
      set({ live: { [STATION]: 'normal' }, kept: {} })
      const session = await open()
      assert.deepEqual((await put(session, QUARANTINED)).get(QUARANTINED.key), DONE)
      assert.deepEqual(state(), { live: { [STATION]: 'quarantine' }, kept: { [STATION]: 'quarantine' } })
      assert.deepEqual((await put(session, DROPPED)).get(DROPPED.key), DONE)
      assert.deepEqual(state(), { live: {}, kept: { [STATION]: 'drop' } })
      assert.deepEqual((await put(session, QUARANTINED)).get(QUARANTINED.key), DONE)
      assert.deepEqual(state().kept, { [STATION]: 'quarantine' })
      assert.deepEqual((await session.observe('all', NEVER)).rules, [QUARANTINED])
    }))

  it('that go on in spite of it are uncertain, and the device says so until they end', () =>
    withSessions(
      async ({ open, place, set }) => {
        set({ live: { [STATION]: 'normal' }, kept: {} })
        place.put('deaf', '')
        const session = await open()
        const changes: DeviceChange[] = []
        session.onChange?.((change) => changes.push(change))
        const outcome = (await put(session, DROPPED)).get(DROPPED.key)
        assert.equal(outcome?.result, 'unknown')
        assert.deepEqual((await session.observe('all', NEVER)).uncertain, [DROPPED])
        await until(() => changes.length > 0)
        const [change] = changes
        assert.ok(change?.type === 'status' && change.code === 'session-stays' && !change.ok)
        assert.match(change.words, new RegExp(`sessions of ${STATION} go on`))
        rmSync(join(place.data, 'deaf'))
        await until(() => changes.length > 1)
        assert.deepEqual(changes[1], {
          type: 'status',
          code: 'session-stays',
          ok: true,
          words: 'no session goes on',
        })
      },
      {},
      (text) =>
        text.replace(
          'state["live"].pop(name, None)',
          'os.path.exists(os.environ["DATA"] + "/deaf") or state["live"].pop(name, None)',
        ),
    ))

  it('are refused where the script refuses, and are nobody’s then', () =>
    withSessions(
      async ({ open, state, env }) => {
        const session = await open()
        const outcome = (await put(session, DROPPED, VISITOR)).get(DROPPED.key)
        assert.deepEqual(outcome, {
          result: 'failed',
          class: 'rejected',
          words: 'that is the controller itself',
        })
        assert.deepEqual((await session.observe('all', NEVER)).rules, [VISITOR])
        assert.ok(!env.recall()?.includes(STATION))
        assert.deepEqual(state().kept, { 'eve@partner.example': 'suspend' })
      },
      {},
      (text) =>
        text.replace(
          '    if asked["to"] == "up":\n        state["kept"]',
          '    if "station" in asked["who"]:\n        return {"error": "that is the controller itself"}\n    if asked["to"] == "up":\n        state["kept"]',
        ),
    ))

  it('are told of again where nobody knows whether the script has heard of them, session or not', () =>
    withSessions(
      async ({ open, place, state, set }) => {
        const first = await open()
        place.put('away', '')
        assert.equal((await put(first, DROPPED)).get(DROPPED.key)?.result, 'unknown')
        assert.deepEqual((await first.observe('all', NEVER)).uncertain, [DROPPED], 'nobody was told')
        await first.close()
        rmSync(join(place.data, 'away'))
        const second = await open()
        assert.deepEqual((await second.observe('all', NEVER)).rules, [DROPPED])
        assert.deepEqual(state().kept, { [STATION]: 'drop' })
        set({ live: {}, kept: {} })
        assert.deepEqual((await second.observe('all', NEVER)).rules, [DROPPED])
        assert.deepEqual(state().kept, {}, 'who was told is not told again')
      },
      {},
      (text) =>
        text.replace(
          '    if asked["to"] == "up":\n',
          '    if os.path.exists(os.environ["DATA"] + "/away"): raise OSError("the controller is away")\n    if asked["to"] == "up":\n',
        ),
    ))

  it('are uncertain where letting them go has failed, and not ended any more, until it works', () =>
    withSessions(
      async ({ open, place, state, set }) => {
        const session = await open()
        await put(session, DROPPED)
        place.put('broken', '')
        const outcome = (await remove(session, DROPPED)).get(DROPPED.key)
        assert.equal(outcome?.result, 'unknown')
        set({ ...state(), live: { [STATION]: 'normal' } })
        const { rules, uncertain } = await session.observe('all', NEVER)
        assert.deepEqual([rules, uncertain], [[], [DROPPED]])
        assert.deepEqual(state().live, { [STATION]: 'normal' })
        place.put('broken-no-more', '')
        assert.equal((await remove(session, DROPPED)).get(DROPPED.key)?.result, 'done')
        assert.deepEqual([(await session.observe('all', NEVER)).rules, state().kept], [[], {}])
      },
      {},
      (text) =>
        text.replace(
          '    if asked["to"] == "up":\n',
          '    data = os.environ["DATA"]\n    if asked["to"] == "up":\n        if os.path.exists(data + "/broken") and not os.path.exists(data + "/broken-no-more"): raise OSError("the controller is away")\n',
        ),
    ))

  it('are those of whom the configuration allows', () =>
    withSessions(
      async ({ open }) => {
        const session = await open()
        const locked = identityRule('account-locked', 'alice@campus.example')
        const receipt = await put(session, QUARANTINED, VISITOR, locked)
        const wordsOf = ({ key }: typeof DROPPED): string => {
          const outcome = receipt.get(key)
          return outcome?.result === 'failed' ? outcome.words : ''
        }
        assert.match(wordsOf(QUARANTINED), /does no quarantine to stations: its configuration says drop/)
        assert.match(wordsOf(VISITOR), /no accounts of partner\.example/)
        assert.match(wordsOf(locked), /takes no account-locked rules/)
        assert.deepEqual((await put(session, DROPPED)).get(DROPPED.key), DONE)
      },
      { stations: ['drop'], realms: ['campus.example'] },
    ))
})
