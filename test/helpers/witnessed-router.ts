import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { AdapterEnv } from '../../adapters/adapter.ts'
import type { Seen, WitnessSession } from '../../adapters/witness.ts'
import { SILENT } from '../../src/domain/log.ts'
import { COMPONENT_NAMES, type PacketMatch, readMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import {
  ACTIONS,
  blackholeRule,
  DROP,
  type FilterRule,
  filterRule,
  type Rule,
  withAction,
} from '../../src/domain/rule.ts'
import { arbitraryRules } from '../contract/arbitraries.ts'
import { until } from './bird.ts'
import type { FlowRouter } from './seen-flow.ts'
import { type Speaker, startSpeaker } from './speaker.ts'
import { realClock } from './system-clock.ts'

/** What its import policy refuses. */
export const REFUSED = '198.51.100.0/24'

/** What an adapter's environment is to a witness. */
export function witnessEnv(): AdapterEnv {
  const nothing = (): Promise<never> => Promise.reject(new Error('not for a witness'))
  return {
    device: 'r1',
    clock: realClock(),
    log: SILENT,
    runtimeFolder: '/',
    secret: nothing,
    remember: nothing,
    recall: () => undefined,
  }
}

/** A real router, and what watches it. */
export interface WitnessedRouter<R extends FlowRouter = FlowRouter> {
  readonly as: number
  start(): Promise<R>
  open(router: R): Promise<WitnessSession>
  /** Whether flow rules are seen too. */
  readonly flow: boolean
  /** What is said of a route that it refused. */
  readonly refusal: RegExp
}

export interface Watching {
  readonly speaker: Speaker
  readonly router: FlowRouter
  readonly session: WitnessSession
  readonly seen: Seen[]
  readonly troubles: (string | undefined)[]
  watch(present: boolean, ...rules: readonly Rule[]): void
}

export async function watching<R extends FlowRouter>(
  of: WitnessedRouter<R>,
  run: (on: Watching) => Promise<void>,
): Promise<void> {
  const router = await of.start()
  const ends: (() => Promise<void>)[] = [() => router.dispose()]
  try {
    const session = await of.open(router)
    ends.unshift(() => session.close())
    const speaker = await startSpeaker(router, of.as)
    ends.unshift(() => speaker.dispose())
    const seen: Seen[] = []
    const troubles: (string | undefined)[] = []
    session.onTrouble((words) => troubles.push(words))
    const watch = (present: boolean, ...rules: readonly Rule[]): void =>
      session.watch(
        rules.map((rule) => ({ rule, present })),
        (one) => seen.push(one),
      )
    await until(() => router.established(), 30_000)
    await run({ speaker, router, session, seen, troubles, watch })
  } finally {
    for (const end of ends) await end()
  }
}

const rtbh = (prefix: string): Rule => blackholeRule('d-rtbh', parsePrefix(prefix))

const BLACKHOLES = [rtbh('198.18.0.1'), rtbh('198.18.4.0/24'), rtbh('2001:2::1')]
const FLOWS = [
  filterRule(
    'flow',
    readMatch(4, { destination: '198.18.0.1', protocol: 'udp', destinationPort: '53,80-90' }),
    DROP,
  ),
  filterRule('flow', readMatch(6, { destination: '2001:2::/64', tcpFlags: 'syn&!ack' }), {
    do: 'rate-limit',
    bytesPerSecond: 16_777_217,
  }),
]

const texts = (seen: readonly Seen[]): string[] => seen.map(({ key, present }) => `${key} ${present}`).sort()

/** What holds of everything that watches a real router. */
export function witnessedRouterLaws<R extends FlowRouter>(of: WitnessedRouter<R>): void {
  const rules = of.flow ? [...BLACKHOLES, ...FLOWS] : BLACKHOLES

  it('rules are seen to come and go; what the import policy refuses is never seen, and that is said', () =>
    watching(of, async ({ speaker, session, seen, watch }) => {
      const refused = rtbh('198.51.100.1')
      watch(true, refused, ...rules)
      await speaker.announce(refused, ...rules)
      await until(() => seen.length === rules.length, 5_000)
      assert.deepEqual(texts(seen), rules.map(({ key }) => `${key} true`).sort())
      await until(() => of.refusal.test(session.whyNot?.(refused.key) ?? ''))
      watch(false, ...rules)
      await speaker.withdraw(...rules)
      await until(() => seen.length === 2 * rules.length, 5_000)
      assert.deepEqual(texts(seen.slice(rules.length)), rules.map(({ key }) => `${key} false`).sort())
    }))

  it('a restart of the router is trouble and no sight; then its rules are seen again', () =>
    watching(of, async ({ speaker, router, seen, troubles, watch }) => {
      watch(true, ...rules)
      await speaker.announce(...rules)
      await until(() => seen.length === rules.length, 5_000)
      await router.stop()
      await until(() => troubles.at(-1) !== undefined)
      assert.equal(seen.length, rules.length)
      await router.start()
      await until(() => router.established(), 20_000)
      await until(() => troubles.at(-1) === undefined, 20_000)
      watch(true, ...rules)
      await until(() => new Set(texts(seen.slice(rules.length))).size >= rules.length, 20_000)
      for (const { key } of rules) assert.ok(seen.some((one) => one.key === key && one.present))
    }))

  if (of.flow)
    it('flow rules, whatever they are, are there with their own action and no other', () =>
      watching(of, async (on) => {
        await fc.assert(
          fc.asyncProperty(ANY_FLOWS, (some) => flowsHaveTheirAction(on, some)),
          { numRuns: 6, endOnFailure: true, includeErrorInReport: true },
        )
      }))
}

const ANY_FLOWS = arbitraryRules(
  { kinds: ['flow'], families: [4, 6], components: COMPONENT_NAMES, actions: ACTIONS, places: ['scrubber'] },
  ['local'],
  { minLength: 1, maxLength: 6 },
) as fc.Arbitrary<FilterRule[]>

async function flowsHaveTheirAction(on: Watching, some: readonly FilterRule[]): Promise<void> {
  const { speaker, seen, session, watch } = on
  // The speaker takes no more than five operators in a component.
  const rules = some.filter(({ match }) => lists(match).every((tests) => tests.length <= 2))
  const count = (present: boolean): number => seen.filter((one) => one.present === present).length
  const others = rules.map((rule) => withAction(rule, { do: 'rate-limit', bytesPerSecond: 3 }))
  seen.length = 0
  watch(true, ...others)
  await speaker.announce(...rules)
  const differs = (key: string): boolean => /another action/.test(session.whyNot?.(key) ?? '')
  await until(() => rules.every(({ key }) => differs(key)), 5_000)
  assert.equal(seen.length, 0)
  watch(true, ...rules)
  await until(() => count(true) === rules.length, 5_000)
  watch(false, ...rules)
  await speaker.withdraw(...rules)
  await until(() => count(false) === rules.length, 5_000)
  session.forget(rules.map(({ key }) => key))
}

function lists({ components }: PacketMatch): readonly { readonly length: number }[] {
  return Object.values(components) as { readonly length: number }[]
}
