import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe } from 'node:test'
import { switchRule } from '../../src/domain/rule.ts'
import { adapterContract, type Device } from '../../test/contract/suite.ts'
import { type Bird, birdc, noBird, startBird } from '../../test/helpers/bird.ts'
import { switchEnv } from '../../test/helpers/switch-env.ts'
import { birdNeighbourAdapter, type NeighbourConfig } from './index.ts'

const skip = noBird()

const PROTOCOLS = Array.from({ length: 16 }, (_, index) => `site${index}`)
const THEIRS = ['theirs0', 'theirs1', 'theirs2']

/** Neighbours on the loopback that do not answer: their sessions stay in `start`, which is not down. */
const CONFIG = [...PROTOCOLS, ...THEIRS]
  .map(
    (name, index) => `protocol bgp ${name} {
  local 127.0.0.2 port ${20_000 + index} as 65020; neighbor 127.0.1.${index + 1} port 1 as 65030;
  multihop; ipv4 { import none; export none; };
}`,
  )
  .join('\n')

async function downIn(bird: Bird): Promise<string[]> {
  const text = await birdc(bird.socket, 'show protocols')
  return [...text.matchAll(/^(\S+)\s+BGP\s+\S+\s+down\s/gm)].map(([, name]) => name ?? '')
}

async function started(): Promise<Device<NeighbourConfig>> {
  const bird = await startBird({ extra: CONFIG })
  const signal = (name: NodeJS.Signals): void => {
    process.kill(Number(readFileSync(join(dirname(bird.socket), 'pid'), 'utf8')), name)
  }
  return {
    config: { socket: bird.socket, protocols: PROTOCOLS, interval: 50 },
    env: switchEnv('edge2'),
    plantForeign: () => birdc(bird.socket, 'disable theirs1'),
    foreignIntact: async () => {
      const down = await downIn(bird)
      return down.filter((name) => THEIRS.includes(name)).join() === 'theirs1'
    },
    truth: async () => {
      const down = await downIn(bird)
      return down.filter((name) => PROTOCOLS.includes(name)).map((name) => switchRule('neighbour-down', name))
    },
    switches: {
      read: async ({ name }) => ((await downIn(bird)).includes(name) ? 'down' : 'up'),
      turn: async ({ name }, to) =>
        void (await birdc(bird.socket, `${to === 'up' ? 'enable' : 'disable'} ${name}`)),
      others: async () => {
        const text = await birdc(bird.socket, 'show protocols')
        const lines = text.split('\n').map((line) => line.split(/\s+/).slice(0, 4).join(' '))
        return lines.filter((line) => !line.startsWith('site')).join('\n')
      },
    },
    stall: async () => {
      signal('SIGSTOP')
      return async () => signal('SIGCONT')
    },
    // A BIRD that starts again has forgotten what was disabled by hand or by us.
    cut: async () => {
      await bird.stop('SIGKILL')
      await bird.start()
    },
    stop: () => bird.dispose(),
  }
}

describe('with BIRD', { skip }, () => {
  if (skip !== false) return
  adapterContract({
    name: 'bird-neighbour',
    adapter: birdNeighbourAdapter,
    numRuns: 6,
    start: started,
    withSwitch: (config, name) => ({ ...config, protocols: [...config.protocols, name] }),
  })
})
