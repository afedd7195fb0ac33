import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { until } from '../../test/helpers/bird.ts'
import { freePort } from '../../test/helpers/daemon.ts'
import { type Gobgp, noGobgp, startGobgp } from '../../test/helpers/gobgp.ts'
import { noSpeaker } from '../../test/helpers/speaker.ts'
import {
  REFUSED,
  type WitnessedRouter,
  witnessEnv,
  witnessedRouterLaws,
} from '../../test/helpers/witnessed-router.ts'
import { gobgpWitness } from './index.ts'

const GOBGP: WitnessedRouter<Gobgp> = {
  as: 65030,
  start: () => startGobgp({ refuses: REFUSED }),
  open: ({ address, api }) =>
    gobgpWitness.open(
      { host: address, port: api, neighbour: '127.0.0.1', flow: true, interval: 300 },
      witnessEnv(),
    ),
  flow: true,
  refusal: /^not in its global table$/,
}

describe('gobgp witness', { skip: noSpeaker() || noGobgp() }, () => {
  witnessedRouterLaws(GOBGP)

  const troubleOf = async (binary: string, words: RegExp): Promise<void> => {
    const port = await freePort('127.0.0.1')
    const session = await gobgpWitness.open({ binary, port }, witnessEnv())
    const troubles: (string | undefined)[] = []
    session.onTrouble((text) => troubles.push(text))
    try {
      await until(() => troubles.length > 0)
      assert.match(troubles[0] ?? '', words)
    } finally {
      await session.close()
    }
  }

  it('nobody at its API', () => troubleOf('gobgp', /^gobgp: /))
  it('no such program', () => troubleOf('no-such-gobgp', /^there is no program no-such-gobgp here$/))
})
