import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { Static, TSchema } from 'typebox'
import type { DeviceChange } from '../../adapters/adapter.ts'
import { realmOf } from '../../src/domain/identity.ts'
import {
  identityRule,
  isIdentityKind,
  isSwitchKind,
  type RuleKind,
  type SwitchKind,
  type SwitchRule,
  switchRule,
} from '../../src/domain/rule.ts'
import { contractAccounts } from './arbitraries.ts'
import { ended } from './bounded.ts'
import type { Fixture, RealSwitches } from './fixture.ts'
import { onStage, type Stage } from './stage.ts'
import { assertAdapterError, type Subject } from './subject.ts'

const ABSENT = 'nosuch0'

/** Kinds of switches that have a value to restore. */
type Restored = Exclude<SwitchKind, 'no-session'>

function isRestored(kind: RuleKind): kind is Restored {
  return isSwitchKind(kind) && kind !== 'no-session'
}

function ruleOf(kind: Restored, name: string): SwitchRule {
  return kind === 'account-locked' ? identityRule(kind, name) : switchRule(kind, name)
}

/** What a law of switches works with: some of a device's own, and how they really stand. */
interface Real<C> {
  readonly stage: Stage<C>
  readonly real: RealSwitches
  /** Up at the start. */
  readonly one: SwitchRule
  readonly other: SwitchRule
  /** Put down by somebody before any session was opened. */
  readonly downBefore: SwitchRule
  /** Whether the device can list all that it may put down. */
  readonly listed: boolean
}

/** Someone's property: taken down, and given back as it was found (`adapters/adapter.ts`, above `Session`). */
export function switchLaws<S extends TSchema>(fixture: Fixture<S>): void {
  const law = (name: string, run: (real: Real<Static<S>>) => Promise<void>): void => {
    it(name, () =>
      onStage(fixture, async (stage) => {
        const capabilities = fixture.adapter.capabilities(stage.device.config)
        const { kinds, switches = [] } = capabilities
        const kind = kinds.find(isRestored)
        if (kind === undefined) return
        const { switches: real } = stage.device
        assert.ok(real, 'the fixture of a device with switches must be able to read and turn them')
        const names = isIdentityKind(kind) ? contractAccounts(capabilities) : switches
        const [one, other, downBefore] = names.map((name_) => ruleOf(kind, name_))
        assert.ok(one && other && downBefore, 'the fixture must have three switches')
        await real.turn(downBefore, 'down')
        await run({ stage, real, one, other, downBefore, listed: switches.includes(one.name) })
      }),
    )
  }
  restoringLaws(law)
  crashLaws(law)
  othersLaws(law)
  absentLaw(fixture, law)
}

type Law<C> = (name: string, run: (real: Real<C>) => Promise<void>) => void

function restoringLaws<C>(law: Law<C>): void {
  law('a switch goes down and returns to the value found, however often it is told', async (on) => {
    const subject = await on.stage.open()
    const { one, downBefore } = on
    for (let round = 0; round < 2; round += 1) {
      for (let time = 0; time < 2; time += 1) {
        await subject.make({ put: [one, downBefore] })
        await held(subject, [one, downBefore])
        await stands(on, { one: 'down', other: 'up', downBefore: 'down' })
      }
      for (let time = 0; time < 2; time += 1) {
        await subject.make({ remove: [one, downBefore] })
        await held(subject, [])
        await stands(on, { one: 'up', other: 'up', downBefore: 'down' })
      }
    }
  })

  law('what was down before is not ours, and is left as it is without a memo', async (on) => {
    const subject = await on.stage.open()
    const { foreign } = await subject.observe()
    assert.equal(foreign, on.listed ? 1 : 0, 'one is down, and not by us; it counts where all can be listed')
    await held(subject, [])
    await subject.make({ remove: [on.one, on.downBefore] })
    await stands(on, { one: 'up', other: 'up', downBefore: 'down' })
  })

  law('a restart in between changes nothing of what is restored', async (on) => {
    const { one, other, downBefore } = on
    const first = await on.stage.open()
    await first.make({ put: [one, other, downBefore] })
    await first.session.close()
    await stands(on, { one: 'down', other: 'down', downBefore: 'down' })
    const second = await on.stage.open()
    await held(second, [one, other, downBefore])
    await second.make({ put: [one] })
    await second.make({ remove: [other] })
    await second.session.close()
    const third = await on.stage.open()
    await held(third, [one, downBefore])
    await third.make({ remove: [one, downBefore] })
    await stands(on, { one: 'up', other: 'up', downBefore: 'down' })
  })
}

class Crash extends Error {}

function crashLaws<C>(law: Law<C>): void {
  const crash = (): never => {
    throw new Crash('the controller was killed')
  }

  law('a crash between memo and device, and between device and reply', async (on) => {
    const { one, downBefore } = on
    for (const written of [false, true]) {
      const dying = await on.stage.openWith({
        remember: async (memo) => {
          await on.stage.env.remember(memo)
          crash()
        },
      })
      await assert.rejects(dying.apply({ put: [one, downBefore] }))
      await stands(on, { one: 'up', other: 'up', downBefore: 'down' })
      await dying.session.close()
      // What was sent before the end arrives.
      if (written) await on.real.turn(one, 'down')
      const next = await on.stage.open()
      const { rules, uncertain } = await next.observe()
      const known = [...rules, ...uncertain].map(({ key }) => key).sort()
      assert.deepEqual(known, [one.key, downBefore.key].sort(), 'it may stand there, and must be seen to')
      assert.equal(rules.length, written ? 2 : 1)
      await next.make({ put: [one] })
      await stands(on, { one: 'down', other: 'up', downBefore: 'down' })
      await next.make({ remove: [one, downBefore] })
      await held(next, [])
      await stands(on, { one: 'up', other: 'up', downBefore: 'down' })
      await next.session.close()
    }
  })

  law('a crash before a memo is durable leaves the device untouched', async (on) => {
    const dying = await on.stage.openWith({ remember: async () => crash() })
    await assert.rejects(dying.apply({ put: [on.one] }))
    await dying.session.close()
    await stands(on, { one: 'up', other: 'up', downBefore: 'down' })
    const next = await on.stage.open()
    await held(next, [])
  })

  law('a crash between a restored device and forgetting it', async (on) => {
    const { one, downBefore } = on
    const first = await on.stage.open()
    await first.make({ put: [one, downBefore] })
    await first.session.close()
    const dying = await on.stage.openWith({ remember: async () => crash() })
    await assert.rejects(dying.apply({ remove: [one, downBefore] }))
    await dying.session.close()
    await stands(on, { one: 'up', other: 'up', downBefore: 'down' })
    const next = await on.stage.open()
    assert.ok(!(await next.observe()).rules.some(({ key }) => key === one.key), 'it is up, so it is not held')
    await next.make({ remove: [one, downBefore] })
    await held(next, [])
    // From here on it is nobody's business but theirs.
    await on.real.turn(one, 'down')
    await held(next, [])
    await next.make({ remove: [one] })
    await stands(on, { one: 'down', other: 'up', downBefore: 'down' })
  })
}

function othersLaws<C>(law: Law<C>): void {
  law('what a person brings up is reported and stays theirs', async (on) => {
    const { one, other, downBefore } = on
    const subject = await on.stage.open()
    const seen: DeviceChange[] = []
    subject.session.onChange?.((change) => seen.push(change))
    await subject.make({ put: [one, other, downBefore] })
    for (const rule of [one, downBefore]) {
      await on.real.turn(rule, 'up')
      await eventually(on.stage, `${rule.key} to be reported`, () =>
        seen.some((change) => change.type === 'seen' && change.key === rule.key && !change.present),
      )
    }
    await held(subject, [other])
    // Down again, by them: it is not taken for ours, and not brought up by a release that comes late.
    await on.real.turn(downBefore, 'down')
    await held(subject, [other])
    await subject.make({ remove: [one, downBefore] })
    await stands(on, { one: 'up', other: 'down', downBefore: 'down' })
    await subject.make({ put: [downBefore], remove: [other] })
    await subject.make({ remove: [downBefore] })
    await stands(on, { one: 'up', other: 'up', downBefore: 'down' })
    assert.ok(seen.every((change) => change.type === 'seen' && !change.present))
  })

  law('one that was brought up, and put down anew by us, returns to up', async (on) => {
    const subject = await on.stage.open()
    await subject.make({ put: [on.downBefore] })
    await on.real.turn(on.downBefore, 'up')
    await subject.observe()
    await subject.make({ put: [on.downBefore] })
    await stands(on, { one: 'up', other: 'up', downBefore: 'down' })
    await subject.make({ remove: [on.downBefore] })
    await stands(on, { one: 'up', other: 'up', downBefore: 'up' })
  })

  law('what it may not touch stands as it stood', async (on) => {
    const before = await on.real.others()
    assert.notEqual(before, '')
    const subject = await on.stage.open()
    await subject.make({ put: [on.one, on.other, on.downBefore] })
    assert.equal(await on.real.others(), before)
    await subject.make({ remove: [on.one, on.other, on.downBefore] })
    assert.equal(await on.real.others(), before)
  })
}

function absentLaw<S extends TSchema>(fixture: Fixture<S>, law: Law<Static<S>>): void {
  law(
    'a name that the device does not have is refused in its words, and its neighbours are not',
    async (on) => {
      const { one, other, stage } = on
      const absent = absentBeside(one)
      const subject = await stage.open(configWith(fixture, stage.device.config, absent))
      const outcomes = await subject.apply({ put: [one, absent, other] })
      const outcome = outcomes.get(absent.key)
      assert.ok(outcome?.result === 'failed', JSON.stringify(outcome))
      assert.equal(outcome.class, 'rejected')
      assert.match(outcome.words, /nosuch0/)
      for (const { key } of [one, other]) assert.equal(outcomes.get(key)?.result, 'done', key)
      await held(subject, [one, other])
      await subject.make({ remove: [one, absent, other] })
      await stands(on, { one: 'up', other: 'up', downBefore: 'down' })
      const closed = await ended('close', stage.patience, subject.session.close())
      assert.ok('value' in closed)
      const outcomeAfter = await ended('a call', stage.patience, subject.apply({ put: [one] }))
      assert.ok('error' in outcomeAfter)
      assertAdapterError(outcomeAfter.error)
    },
  )
}

function absentBeside({ kind, name }: SwitchRule): SwitchRule {
  assert.ok(isRestored(kind))
  return ruleOf(kind, kind === 'account-locked' ? `${ABSENT}@${realmOf(name)}` : ABSENT)
}

/** Accounts need not be listed; of what is, the device must be allowed to touch it. */
function configWith<S extends TSchema>(fixture: Fixture<S>, config: Static<S>, { kind, name }: SwitchRule) {
  const { withSwitch } = fixture
  if (isIdentityKind(kind) && withSwitch === undefined) return config
  assert.ok(withSwitch, 'the fixture of a device with switches must be able to allow one that is not there')
  return withSwitch(config, name)
}

async function held(subject: Subject, rules: readonly SwitchRule[]): Promise<void> {
  const observed = await subject.observe()
  const keys = observed.rules.map(({ key }) => key).sort()
  assert.deepEqual([keys, observed.uncertain], [rules.map(({ key }) => key).sort(), []])
}

async function stands<C>(
  { real, one, other, downBefore }: Real<C>,
  expected: Readonly<Record<'one' | 'other' | 'downBefore', 'up' | 'down'>>,
): Promise<void> {
  const found: Record<string, string> = {}
  for (const name of ['one', 'other', 'downBefore'] as const)
    found[name] = await real.read({ one, other, downBefore }[name])
  assert.deepEqual(found, expected)
}

async function eventually<C>(stage: Stage<C>, what: string, isSo: () => boolean): Promise<void> {
  const limit = Date.now() + stage.patience
  while (!isSo()) {
    assert.ok(Date.now() < limit, `${what}: not within ${stage.patience} ms`)
    await pause(5)
  }
}
