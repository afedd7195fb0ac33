import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { COMPONENT_NAMES, type PacketMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { blackholeRule, type FilterRule, withAction } from '../../src/domain/rule.ts'
import { arbitraryRules } from '../../test/contract/arbitraries.ts'
import { until } from '../../test/helpers/bird.ts'
import { freePort } from '../../test/helpers/daemon.ts'
import { noFrr, startFrr } from '../../test/helpers/frr.ts'
import { noGobgp, startGobgp } from '../../test/helpers/gobgp.ts'
import type { BmpView } from '../../test/helpers/seen-flow.ts'
import { noSpeaker } from '../../test/helpers/speaker.ts'
import {
  REFUSED,
  type WitnessedRouter,
  watching,
  witnessEnv,
  witnessedRouterLaws,
} from '../../test/helpers/witnessed-router.ts'
import type { BmpConfig } from './config.ts'
import { bmpWitness } from './index.ts'

const skip = noSpeaker() || noFrr() || noGobgp()

interface Sent {
  readonly views: readonly BmpView[]
  readonly config: Omit<BmpConfig, 'listen'>
  readonly refusal: RegExp
}

const OURS = { speakers: ['127.0.0.1'], marking: '65010:911' }

function witnessed(kind: 'frr' | 'gobgp', { views, config, refusal }: Sent): WitnessedRouter {
  const isFrr = kind === 'frr'
  // The router is told where to connect to before the witness listens there.
  let port = 0
  return {
    as: isFrr ? 65040 : 65030,
    async start() {
      port = await freePort('127.0.0.1')
      return (isFrr ? startFrr : startGobgp)({ bmp: { port, views }, refuses: REFUSED })
    },
    open: () =>
      bmpWitness.open({ listen: { address: '127.0.0.1', port }, ...config, flow: !isFrr }, witnessEnv()),
    flow: !isFrr,
    refusal,
  }
}

const values = ({ components }: PacketMatch): readonly { readonly length: number }[] =>
  Object.values(components) as { readonly length: number }[]

const FRR = witnessed('frr', {
  views: ['pre-policy', 'post-policy'],
  config: { speakers: ['127.0.0.1'] },
  refusal: /^not received, or refused by its import policy/,
})
const GOBGP = witnessed('gobgp', {
  views: ['pre-policy', 'post-policy', 'loc-rib'],
  config: OURS,
  refusal: /^received and refused by its import policy$/,
})
const GOBGP_POST = witnessed('gobgp', {
  views: ['post-policy'],
  config: { speakers: ['127.0.0.1'] },
  refusal: /^not in its post-policy view; it does not send/,
})

describe('bmp witness of FRR, before and after policy', { skip }, () => witnessedRouterLaws(FRR))
describe('bmp witness of GoBGP, up to its Loc-RIB', { skip }, () => {
  witnessedRouterLaws(GOBGP)

  it('flow rules, whatever they are, are there with their own action and no other', () =>
    watching(GOBGP, async ({ speaker, seen, session, watch }) => {
      const some = arbitraryRules(
        { kinds: ['flow'], families: [4, 6], components: COMPONENT_NAMES, actions: ['drop', 'rate-limit'] },
        ['local'],
        { minLength: 1, maxLength: 6 },
      ) as fc.Arbitrary<FilterRule[]>
      await fc.assert(
        fc.asyncProperty(some, async (rules) => {
          // The speaker takes no more than five operators in a component.
          const fits = rules.filter(({ match }) => values(match).every((tests) => tests.length <= 2))
          const count = (present: boolean): number => seen.filter((one) => one.present === present).length
          seen.length = 0
          const others = fits.map((rule) => withAction(rule, { do: 'rate-limit', bytesPerSecond: 3 }))
          watch(true, ...others)
          await speaker.announce(...fits)
          const differs = (key: string): boolean => /another action/.test(session.whyNot?.(key) ?? '')
          await until(() => fits.every(({ key }) => differs(key)), 5_000)
          assert.equal(seen.length, 0)
          watch(true, ...fits)
          assert.equal(count(true), fits.length)
          await speaker.withdraw(...fits)
          await until(() => count(false) === fits.length, 5_000)
          session.forget(fits.map(({ key }) => key))
        }),
        { numRuns: 25, endOnFailure: true, includeErrorInReport: true },
      )
    }))
})
describe('bmp witness of GoBGP, after policy', { skip }, () => {
  it('of a refused route it is said only that it is missing', () =>
    watching(GOBGP_POST, async ({ speaker, session, seen, watch }) => {
      const [refused, taken] = ['198.51.100.1', '198.18.0.1'].map((text) =>
        blackholeRule('d-rtbh', parsePrefix(text)),
      )
      assert.ok(refused && taken)
      watch(true, refused, taken)
      await speaker.announce(refused, taken)
      await until(() => seen.length === 1, 5_000)
      assert.equal(seen[0]?.key, taken.key)
      assert.match(session.whyNot?.(refused.key) ?? '', GOBGP_POST.refusal)
    }))
})
