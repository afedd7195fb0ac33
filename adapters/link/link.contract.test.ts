import { describe } from 'node:test'
import { switchRule } from '../../src/domain/rule.ts'
import { adapterContract, type Device } from '../../test/contract/suite.ts'
import { makeNetns, type Netns, noNetns } from '../../test/helpers/netns.ts'
import { switchEnv } from '../../test/helpers/switch-env.ts'
import { type LinkConfig, linkAdapter } from './index.ts'
import { makePorts } from './testbed.ts'

const skip = noNetns()

/** Interfaces that are up by administration, read past the adapter. */
function upIn(netns: Netns): readonly string[] {
  const lines = netns.run('ip', '-o', 'link', 'show').split('\n')
  return lines.flatMap((line) => {
    const [, name = '', flags = ''] = /^\d+: ([^:@]+)[^<]*<([^>]*)>/.exec(line) ?? []
    return flags.split(',').includes('UP') ? [name] : []
  })
}

function started(): Device<LinkConfig> {
  const netns = makeNetns()
  const interfaces = makePorts(netns.name, 'port', 8)
  makePorts(netns.name, 'theirs', 2)
  return {
    config: { namespace: netns.name, interfaces },
    env: switchEnv('edge1'),
    plantForeign: async () => netns.run('ip', 'link', 'set', 'dev', 'theirs1', 'down'),
    foreignIntact: async () => {
      const up = upIn(netns).filter((name) => name.startsWith('theirs'))
      return up.sort().join() === 'theirs0,theirs2,theirs3'
    },
    truth: async () => {
      const up = upIn(netns)
      return interfaces.filter((name) => !up.includes(name)).map((name) => switchRule('interface-down', name))
    },
    switches: {
      read: async ({ name }) => (upIn(netns).includes(name) ? 'up' : 'down'),
      turn: async ({ name }, to) => void netns.run('ip', 'link', 'set', 'dev', name, to),
      others: async () =>
        upIn(netns)
          .filter((name) => !interfaces.includes(name))
          .sort()
          .join(),
    },
    cut: async () => {
      for (const pid of netns.pids()) process.kill(pid, 'SIGKILL')
    },
    stop: async () => netns.remove(),
  }
}

describe('with iproute2', { skip }, () => {
  if (skip !== false) return
  adapterContract({
    name: 'link',
    adapter: linkAdapter,
    numRuns: 6,
    start: async () => started(),
    withSwitch: (config, name) => ({ ...config, interfaces: [...config.interfaces, name] }),
  })
})
