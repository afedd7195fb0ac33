import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TSchema } from 'typebox'
import type { Counters } from '../../adapters/adapter.ts'
import { DROP, type Rule, ruleFromKey } from '../../src/domain/rule.ts'
import type { Fixture } from './fixture.ts'
import { onStage } from './stage.ts'
import type { Subject } from './subject.ts'

const [HIT, OTHER, ABSENT] = [1, 2, 3].map((host) =>
  ruleFromKey(`acl4 source=198.18.0.${host}/32`, DROP),
) as [Rule, Rule, Rule]

/** What a device counts that says so in its `capabilities`. */
export function countingLaws<S extends TSchema>(fixture: Fixture<S>): void {
  it('counts what its rules drop, each by itself, where it counts at all', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      if (subject.capabilities.counts !== true) return
      const { hit } = stage.device
      assert.ok(hit, 'the fixture of a device that counts must let packets meet a rule')
      await subject.settle([HIT, OTHER])
      assert.deepEqual(await packets(subject, 'all'), {})
      await hit.call(stage.device, HIT, 3)
      await until(subject, { [HIT.key]: 3 }, stage.patience)
      await hit.call(stage.device, HIT, 2)
      await until(subject, { [HIT.key]: 5 }, stage.patience)
      assert.ok(((await read(subject, 'all')).get(HIT.key)?.bytes ?? 0) > 0)
      assert.deepEqual(await packets(subject, [OTHER, ABSENT]), {})
      assert.deepEqual(await packets(subject, [HIT, ABSENT]), { [HIT.key]: 5 })
      await subject.make({ remove: [HIT] })
      assert.deepEqual(await packets(subject, 'all'), {}, 'what is gone has no counter')
      await subject.make({ put: [HIT] })
      assert.deepEqual(await packets(subject, 'all'), {}, 'what is put anew begins anew')
    }))

  it('counts beside changes, and neither disturbs the other', () =>
    onStage(fixture, async (stage) => {
      const subject = await stage.open()
      if (subject.capabilities.counts !== true) return
      await subject.settle([OTHER])
      await stage.device.hit?.(OTHER, 4)
      await until(subject, { [OTHER.key]: 4 }, stage.patience)
      for (let round = 0; round < 5; round += 1) {
        const [counted] = await Promise.all([
          packets(subject, 'all'),
          subject.make(round % 2 === 0 ? { put: [HIT] } : { remove: [HIT] }),
        ])
        assert.deepEqual(counted, { [OTHER.key]: 4 })
      }
      await subject.expect([HIT, OTHER])
    }))
}

function read({ session }: Subject, what: 'all' | readonly Rule[]): Promise<Counters> {
  assert.ok(session.counters, 'a device that counts has counters in its sessions')
  return session.counters(what, new AbortController().signal)
}

/** Of what has met anything. */
async function packets(subject: Subject, what: 'all' | readonly Rule[]): Promise<Record<string, number>> {
  const counters = await read(subject, what)
  return Object.fromEntries(
    [...counters]
      .filter(([, counter]) => counter.packets > 0)
      .map(([key, counter]) => [key, counter.packets]),
  )
}

/** Packets may arrive a moment after they were sent. */
async function until(subject: Subject, expected: Record<string, number>, patience: number): Promise<void> {
  const limit = Date.now() + patience
  for (;;) {
    const counted = await packets(subject, 'all')
    if (JSON.stringify(counted) === JSON.stringify(expected)) return
    if (Date.now() >= limit) assert.deepEqual(counted, expected)
    await sleep(10)
  }
}
