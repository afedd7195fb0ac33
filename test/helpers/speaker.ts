import assert from 'node:assert/strict'
import { exampleConfig, FAMILIES, NEVER, PLACES, testbed } from '../../adapters/exabgp/testbed.ts'
import { findExecutable } from '../../adapters/transport/child.ts'
import type { Rule } from '../../src/domain/rule.ts'
import type { FlowRouter } from './seen-flow.ts'

/** A real ExaBGP that speaks to one router. */
export interface Speaker {
  announce(...rules: readonly Rule[]): Promise<void>
  withdraw(...rules: readonly Rule[]): Promise<void>
  dispose(): Promise<void>
}

/** Why no ExaBGP can be started here, or false: what `skip` of a test takes. */
export function noSpeaker(): string | false {
  return findExecutable('exabgp') === undefined ? 'exabgp is not installed' : false
}

export async function startSpeaker(
  { address, port, speakerAt }: FlowRouter,
  peerAs: number,
): Promise<Speaker> {
  const bed = testbed()
  const ours = { localAddress: speakerAt?.address ?? '127.0.0.1', localAs: 65010, ttl: 2, families: FAMILIES }
  const session = await bed.open(
    exampleConfig({
      neighbours: [{ name: 'r', address, port, peerAs, ...ours }],
      maxFlows: 1_000,
      places: PLACES,
      ...(speakerAt === undefined ? {} : { namespace: speakerAt.namespace }),
    }),
  )
  const apply = async (put: readonly Rule[], remove: readonly Rule[]): Promise<void> => {
    const receipt = await session.apply({ put, remove }, NEVER)
    for (const outcome of receipt.values()) assert.equal(outcome.result, 'done')
  }
  return {
    announce: (...rules) => apply(rules, []),
    withdraw: (...rules) => apply([], rules),
    dispose: () => bed.dispose(),
  }
}
