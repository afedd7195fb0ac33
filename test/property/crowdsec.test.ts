import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { BanBook } from '../../src/app/sources/ban-book.ts'
import { missingFrom } from '../../src/app/sources/missing.ts'
import { type Told, wordOf } from '../../src/app/sources/telling.ts'
import { InputError } from '../../src/domain/input-error.ts'
import { isHostPrefix, type Prefix, parsePrefix, prefixLength } from '../../src/domain/prefix.ts'
import { readTrigger } from '../../src/domain/trigger.ts'
import type { Incident } from '../../src/ledger/trigger-events.ts'
import { checked } from '../../src/triggers/checked.ts'
import { type Ban, closeOf, readDecision, triggerOfBan } from '../../src/triggers/crowdsec.ts'
import { parseGoDuration } from '../../src/triggers/go-duration.ts'
import { asTriggerInput, TRIGGER } from '../../src/triggers/trigger-schema.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 500
const NOW = Date.parse('2026-11-20T10:00:00Z')
const CONTEXT = { source: 'lapi', now: NOW }

const value = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.tuple(fc.ipV4(), fc.integer({ min: -1, max: 34 })).map(([address, length]) => `${address}/${length}`),
  fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 130 })).map(([address, length]) => `${address}/${length}`),
  fc.string(),
)
const duration = fc.oneof(
  fc.integer({ min: -1e9, max: 4e9 }).map((seconds) => `${seconds}.5s`),
  fc.constantFrom('3h59m58.770428561s', '876000h0m0s', '0s', 'soon'),
)
const decision = fc.record(
  {
    id: fc.nat(),
    uuid: fc.string(),
    origin: fc.constantFrom('crowdsec', 'cscli', 'CAPI', 'lists', 'cordon', 'x'.repeat(900)),
    scenario: fc.oneof(fc.constantFrom('crowdsecurity/ssh-bf', 'a list'), fc.string({ maxLength: 900 })),
    scope: fc.constantFrom('Ip', 'Range', 'ip', 'username'),
    type: fc.constantFrom('ban', 'BAN', 'captcha'),
    value,
    duration,
    simulated: fc.boolean(),
  },
  { requiredKeys: ['id', 'origin', 'scenario', 'scope', 'type', 'value', 'duration'] },
)

function readOrRefuse(record: unknown): ReturnType<typeof readDecision> | undefined {
  try {
    return readDecision(record, CONTEXT)
  } catch (error) {
    assert.ok(error instanceof InputError, String(error))
    return undefined
  }
}

describe("CrowdSec's decisions", () => {
  it('are good triggers, refused, or ignored with a sentence, whatever they are', () =>
    holds(
      fc.property(fc.oneof(decision, fc.anything()), (record) => {
        const read = readOrRefuse(record)
        if (read === undefined) return
        if ('why' in read) return assert.ok(read.why.length > 0)
        assert.ok(prefixLength(read.prefix) > 0)
        const said = { revision: 1, now: NOW }
        for (const input of [
          triggerOfBan(read, { ...said, kind: 'open' }),
          triggerOfBan(read, { ...said, kind: 'close' }),
          closeOf({ id: read.incident, target: read.prefix }, said),
        ]) {
          const trigger = readTrigger(asTriggerInput(checked(TRIGGER, input)))
          assert.equal(trigger.role, 'offender')
          assert.equal(trigger.simulated, input.kind === 'open' ? read.simulated : trigger.simulated)
        }
      }),
      RUNS,
    ))

  it('never are about more than the address or the network that they name', () =>
    holds(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 32 }), (address, length) => {
        const of = (scope: string, text: string) =>
          readDecision(
            { id: 1, origin: 'cscli', scenario: 's', type: 'ban', duration: '1h', scope, value: text },
            CONTEXT,
          ) as Ban
        assert.equal(of('Ip', address).prefix, `${address}/32`)
        const { prefix } = of('Range', `${address}/${length}`)
        assert.equal(prefixLength(prefix), length)
        assert.equal(parsePrefix(prefix), prefix)
        assert.equal(isHostPrefix(prefix), length === 32)
      }),
      RUNS,
    ))

  it('last as long as Go writes it', () =>
    holds(
      fc.property(fc.nat(1e6), fc.nat(59), fc.nat(59), fc.nat(999), fc.boolean(), (h, m, s, ms, minus) => {
        const total = ((h * 60 + m) * 60 + s) * 1_000 + ms
        const text = `${minus ? '-' : ''}${h}h${m}m${s}.${String(ms).padStart(3, '0')}s`
        assert.ok(Math.abs(parseGoDuration(text) - (minus ? -total : total)) <= 1)
      }),
      RUNS,
    ))
})

/** What CrowdSec does: bans, deletes; and Cordon: hears of it, or is started anew. */
const step = fc.oneof(
  fc.record({ does: fc.constant('ban' as const), which: fc.nat(1), lasts: fc.integer({ min: 1, max: 100 }) }),
  fc.record({ does: fc.constant('delete' as const), which: fc.nat(1), lasts: fc.nat(3) }),
  fc.record({ does: fc.constant('wait' as const), which: fc.nat(1), lasts: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ does: fc.constant('restart' as const), which: fc.nat(1), lasts: fc.constant(0) }),
)
const MINUTE = 60_000

describe('what Cordon is told of bans', () => {
  it('is open while one is on and over otherwise, in revisions that grow, also over restarts', () =>
    holds(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let now = NOW
        let next = 1
        const bans: Ban[] = []
        const told = new Map<string, Told>()
        const ledger = new Map<string, Incident & { until: number }>()
        for (const { does, which, lasts } of steps) {
          const incident = `crowdsec/lapi ${which}`
          if (does === 'wait') now += lasts * MINUTE
          if (does === 'restart') told.clear()
          if (does === 'ban') bans.push(banOf(incident, next++, now + lasts * MINUTE))
          if (does === 'delete') bans.splice(lasts, 1)
          const book = new BanBook()
          for (const ban of bans) book.put(ban)
          for (const one of ['crowdsec/lapi 0', 'crowdsec/lapi 1']) {
            const ban = book.longest(one, now)
            const before = ledger.get(one)
            const word = wordOf(ban, before, told.get(one), now)
            if (word !== undefined) {
              assert.ok(word.revision > (before?.revision ?? 0))
              const until = Math.max(word.kind === 'open' ? (ban?.ends ?? 0) : 0, before?.until ?? 0)
              ledger.set(one, { ...incidentOf(one, word.revision, word.kind !== 'close'), until })
              if (ban === undefined) told.delete(one)
              else told.set(one, ban)
            }
            assert.equal(ledger.get(one)?.open ?? false, ban !== undefined)
            // It was told to last as long, or so nearly that nobody minds.
            if (ban !== undefined) assert.ok((ledger.get(one)?.until ?? 0) >= ban.ends - MINUTE)
            assert.equal(wordOf(ban, ledger.get(one), told.get(one), now), undefined)
          }
        }
      }),
      RUNS,
    ))

  it('never ends more than ten and half of them at once without a reason', () =>
    holds(
      fc.property(
        fc.array(fc.record({ on: fc.boolean(), deleted: fc.boolean(), over: fc.boolean() })),
        (all) => {
          const open = all.map(({ over }, at) => incidentOf(`${at}`, over ? NOW - 1 : NOW + 1, true))
          const isOn = (id: string) => all[Number(id)]?.on === true
          const isDeleted = (id: string) => all[Number(id)]?.deleted === true
          const { over, kept } = missingFrom(open, { isOn, isDeleted }, NOW)
          assert.equal(over.length + kept.size, all.filter(({ on }) => !on).length)
          const unexplained = over.filter((id) => !isDeleted(id) && all[Number(id)]?.over === false)
          assert.ok(unexplained.length <= 10 || unexplained.length * 2 <= all.length)
          for (const id of kept.keys()) assert.ok(!isOn(id) && !isDeleted(id))
        },
      ),
      RUNS,
    ))
})

function banOf(incident: string, decision: number, ends: number): Ban {
  const prefix = '198.51.100.7/32' as Prefix
  return { decision, incident, prefix, origin: 'cscli', scenario: 's', simulated: false, ends }
}

const SAID = { category: 'listed', verdict: 'block', deed: 'began' } as const

function incidentOf(id: string, revision: number, open: boolean): Incident {
  const more = { opens: [], blocks: [], trigger: 1, at: NOW, ...SAID }
  return { source: 't', id, revision, open, target: '198.51.100.7/32', ...more }
}
