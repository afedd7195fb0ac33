import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe } from 'node:test'
import { parsePrefix } from '../../src/domain/prefix.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { adapterContract, type Device } from '../../test/contract/suite.ts'
import { noBird, startBird } from '../../test/helpers/bird.ts'
import { ruleInBird } from '../../test/helpers/bird-flow.ts'
import { findExecutable } from '../transport/child.ts'
import type { ExabgpConfig } from './config.ts'
import { exabgpAdapter } from './index.ts'
import { Encoder, ruleOfMember } from './render.ts'
import { exampleConfig, FAMILIES, fakeBinary, flowRule, PLACES, steer, testbed } from './testbed.ts'

const config = exampleConfig({ answerWithin: 500 })
const scopes = ['local', 'upstream:geant'] as const

const encoder = new Encoder(config.scopes, config.marking)
const common = {
  adapter: exabgpAdapter,
  scopes,
  small: (large: ExabgpConfig): ExabgpConfig => ({ ...large, maxRoutes: 8 }),
  secret: 'a-long-md5-key',
}

adapterContract({
  ...common,
  name: 'exabgp on a fake speaker',
  numRuns: 10,
  async start(): Promise<Device<ExabgpConfig>> {
    const bed = testbed('a-long-md5-key')
    const [neighbour] = config.neighbours
    const binary = fakeBinary(bed.folder)
    return {
      config: {
        ...config,
        binary,
        neighbours: neighbour === undefined ? [] : [{ ...neighbour, md5: 'file:key', families: FAMILIES }],
        maxFlows: 100_000,
        places: PLACES,
        maxOperators: 1_000,
      },
      env: bed.env,
      truth: async () => {
        const { rib } = await steer(bed.folder, {})
        return [...rib].flatMap(([name, attributes]) =>
          name.startsWith('flow ')
            ? [flowRule(name.slice(5), attributes)]
            : rulesOf(name, attributes.match(/\d+:\d+/g) ?? []),
        )
      },
      cut: async () => {
        await steer(bed.folder, { op: 'kill-helper' })
      },
      stall: async () => {
        await steer(bed.folder, { op: 'faults', hung: true })
        return async () => {
          // One that hung for too long was ended.
          await steer(bed.folder, { op: 'faults', hung: false }).catch(() => undefined)
        }
      },
      stop: () => bed.dispose(),
    }
  },
})

const skip = noBird() || (findExecutable('exabgp') === undefined ? 'exabgp is not installed' : false)

describe('with real programs', { skip }, () => {
  if (skip !== false) return
  adapterContract({
    ...common,
    name: 'exabgp and bird',
    numRuns: 4,
    async start(): Promise<Device<ExabgpConfig>> {
      const bed = testbed()
      const bird = await startBird({ flow: true })
      const pid = () => Number(readFileSync(join(bed.folder, 'speaker.pid'), 'utf8'))
      const [neighbour] = config.neighbours
      return {
        config: {
          ...config,
          maxFlows: 100_000,
          places: PLACES,
          maxOperators: 1_000,
          neighbours:
            neighbour === undefined
              ? []
              : [{ ...neighbour, address: bird.address, port: bird.port, families: FAMILIES }],
        },
        env: bed.env,
        truth: async () => [
          ...[...(await bird.routes())].flatMap(([prefix, route]) => rulesOf(prefix, route.communities)),
          ...[...(await bird.flows())].map(([text, communities]) => ruleInBird(text, communities, PLACES)),
        ],
        cut: async () => {
          const children = readFileSync(`/proc/${pid()}/task/${pid()}/children`, 'utf8')
          process.kill(Number(children.trim()), 'SIGKILL')
        },
        stall: async () => {
          const stopped = pid()
          process.kill(stopped, 'SIGSTOP')
          return async () => {
            try {
              process.kill(stopped, 'SIGCONT')
            } catch {
              // It hung for too long and was ended.
            }
          }
        },
        async stop() {
          await bed.dispose()
          await bird.dispose()
        },
      }
    },
  })
})

/** The example's scopes share no community, nor do both kinds, so that the rules can be told from the route. */
function rulesOf(prefix: string, communities: readonly string[]): Rule[] {
  const present = new Set(communities)
  return encoder.members
    .filter((member) => encoder.communitiesOf([member]).every((community) => present.has(community)))
    .map((member) => ruleOfMember(member, parsePrefix(prefix)))
}
