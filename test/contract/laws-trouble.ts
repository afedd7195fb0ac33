import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { Static, TSchema } from 'typebox'
import type { Rule } from '../../src/domain/rule.ts'
import { arbitraryRule } from './arbitraries.ts'
import { ended } from './bounded.ts'
import type { Fixture } from './fixture.ts'
import { onStage, type Stage } from './stage.ts'
import { assertAdapterError, type Subject } from './subject.ts'

type Call = () => Promise<unknown>

/** Whatever breaks, a call ends in bounded time, says so, and the next session settles it. */
export function troubleLaws<S extends TSchema>(fixture: Fixture<S>): void {
  cutLaws(fixture)

  it('a device that stops answering ends in bounded time, and the next session settles it', (t) =>
    onStage(fixture, async (stage) => {
      if (stage.device.stall === undefined) return t.diagnostic('this fixture cannot stall its device')
      const [held, coming] = samples(fixture, stage)
      const subject = await stage.open()
      await subject.settle(held)
      const resume = await stage.device.stall()
      await endsAsTrouble(stage, () => subject.apply({ put: coming }))
      await endsAsTrouble(stage, () => subject.observe())
      await resume()
      await settlesAgain(stage, subject, coming)
    }))

  it('an abort ends observe and apply in bounded time, before and during', () =>
    onStage(fixture, async (stage) => {
      const [held, coming] = samples(fixture, stage)
      const subject = await stage.open()
      await subject.settle(held)
      for (const call of ['observe', 'apply'] as const) {
        for (const when of ['before', 'during'] as const) {
          const abort = new AbortController()
          if (when === 'before') abort.abort()
          const running =
            call === 'observe'
              ? subject.observe('all', abort.signal)
              : subject.apply({ put: coming }, abort.signal)
          if (when === 'during') abort.abort()
          await endsAsTrouble(stage, () => running)
        }
      }
      await settlesAgain(stage, subject, coming)
    }))

  it('a closed session refuses in bounded time, closes again, and leaves the device as it was', () =>
    onStage(fixture, async (stage) => {
      const [held, coming] = samples(fixture, stage)
      const subject = await stage.open()
      await subject.settle(held)
      await subject.session.close()
      await subject.session.close()
      await endsAsTrouble(stage, () => subject.apply({ put: coming }))
      await endsAsTrouble(stage, () => subject.observe())
      const next = await stage.open()
      if (next.capabilities.evidence === 'enforcer') await next.expect(held)
      else await next.settle(held)
    }))
}

function cutLaws<S extends TSchema>(fixture: Fixture<S>): void {
  it('a session dropped between calls is noticed, and the next session settles it', (t) =>
    onStage(fixture, async (stage) => {
      if (stage.device.cut === undefined) return t.diagnostic('this fixture cannot cut its device off')
      const [held, coming] = samples(fixture, stage)
      const subject = await stage.open()
      await subject.settle(held)
      await stage.device.cut()
      await endsAsTrouble(stage, () => subject.observe())
      await endsAsTrouble(stage, () => subject.apply({ put: coming }))
      await settlesAgain(stage, subject, coming)
    }))

  it('a session dropped during a call ends in bounded time, and the next session settles it', (t) =>
    onStage(fixture, async (stage) => {
      if (stage.device.cut === undefined) return t.diagnostic('this fixture cannot cut its device off')
      const [held, coming] = samples(fixture, stage)
      let subject = await stage.open()
      for (const desired of [coming, held, coming]) {
        const previous = desired === held ? coming : held
        await subject.settle(previous)
        const applying = subject.apply({ put: desired, remove: previous })
        const observing = subject.observe()
        const calls = [endsAsTrouble(stage, () => applying), endsAsTrouble(stage, () => observing)]
        await stage.device.cut()
        await Promise.all(calls)
        subject = await settlesAgain(stage, subject, desired)
      }
    }))
}

/** Enough tries to meet eight keys of any device that has so many. */
const DRAWS = 200

/** Two sets of rules without a common key, the same in every run; of four, where the device has so many. */
function samples<S extends TSchema>(fixture: Fixture<S>, stage: Stage<Static<S>>): [Rule[], Rule[]] {
  const capabilities = fixture.adapter.capabilities(stage.device.config)
  const rule = arbitraryRule(capabilities, fixture.scopes ?? ['local'])
  const drawn = fc.sample(rule, { numRuns: DRAWS, seed: 8955 })
  const all = [...new Map(drawn.map((one) => [one.key, one])).values()].slice(0, 8)
  assert.ok(all.length > 1, 'the fixture must have two rules at least')
  const half = Math.ceil(all.length / 2)
  return [all.slice(0, half), all.slice(half)]
}

/** A call may still succeed; if it does not, it rejects as the contract says. Never does it hang. */
async function endsAsTrouble<C>(stage: Stage<C>, call: Call): Promise<void> {
  const outcome = await ended('a call in trouble', stage.patience, call())
  if ('value' in outcome) return
  stage.keep(outcome.error)
  assertAdapterError(outcome.error)
}

async function settlesAgain<C>(stage: Stage<C>, broken: Subject, desired: readonly Rule[]): Promise<Subject> {
  const closing = await ended('close', stage.patience, broken.session.close())
  assert.ok('value' in closing, 'closing a broken session does not fail')
  const next = await stage.reopen()
  await next.settle(desired)
  return next
}
