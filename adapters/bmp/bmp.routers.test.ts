import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { blackholeRule } from '../../src/domain/rule.ts'
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
describe('bmp witness of GoBGP, up to its Loc-RIB', { skip }, () => witnessedRouterLaws(GOBGP))
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
