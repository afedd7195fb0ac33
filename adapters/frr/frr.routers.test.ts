import { describe } from 'node:test'
import { type FrrWithZebra, noFrr, startFrrWithZebra } from '../../test/helpers/frr.ts'
import { noNetns } from '../../test/helpers/netns.ts'
import { noSpeaker } from '../../test/helpers/speaker.ts'
import {
  REFUSED,
  type WitnessedRouter,
  witnessEnv,
  witnessedRouterLaws,
} from '../../test/helpers/witnessed-router.ts'
import { frrWitness } from './index.ts'

const FRR: WitnessedRouter<FrrWithZebra> = {
  as: 65040,
  start: () => startFrrWithZebra({ refuses: REFUSED }),
  open: ({ folder, namespace }) =>
    frrWitness.open(
      { vtyDir: folder, namespace, neighbour: '10.255.255.2', flow: true, interval: 300 },
      witnessEnv(),
    ),
  flow: true,
  refusal: /^not received, or refused by its import policy$/,
}

describe('frr witness', { skip: noSpeaker() || noFrr() || noNetns() }, () => witnessedRouterLaws(FRR))
