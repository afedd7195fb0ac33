import { describe } from 'node:test'
import { adapterContract, type Device } from '../../test/contract/suite.ts'
import { makeNetns, noNetns } from '../../test/helpers/netns.ts'
import { realClock } from '../../test/helpers/system-clock.ts'
import type { NftConfig } from './config.ts'
import { nftAdapter } from './index.ts'
import { testEnv } from './testbed.ts'

const skip = noNetns('nft')

/** Entries of a person, beside ours in our own table and in tables of theirs. */
const FOREIGN = `
add table inet cordon
add set inet cordon bogons { type ipv4_addr ; flags interval ; }
add element inet cordon bogons { 192.0.2.0/24 }
add chain inet cordon ingress { type filter hook prerouting priority -450 ; policy accept ; }
add rule inet cordon ingress ip saddr @bogons drop comment "by hand"
add chain inet cordon other
add rule inet cordon other tcp dport 1 drop
add set inet cordon acl4_drop_d24 { type ipv4_addr ; counter ; }
add element inet cordon acl4_drop_d24 { 10.1.2.3 }
add table ip cordon
add set ip cordon s { type ipv4_addr ; }
add element ip cordon s { 10.0.0.1 }
`
const STANDING = [/192\.0\.2\.0\/24/, /by hand/, /dport 1 drop/, /10\.0\.0\.1/, /10\.1\.2\.3/]

describe('with nftables', { skip }, () => {
  if (skip !== false) return
  adapterContract({
    name: 'nft',
    adapter: nftAdapter,
    numRuns: 12,
    small: (config: NftConfig): NftConfig => ({ ...config, maxEntries: 8 }),
    start(): Promise<Device<NftConfig>> {
      const netns = makeNetns()
      return Promise.resolve({
        config: { namespace: netns.name },
        env: testEnv(realClock()),
        plantForeign: () => {
          netns.feed(FOREIGN, 'nft', '-f', '-')
          return Promise.resolve()
        },
        foreignIntact: () => {
          const ruleset = netns.run('nft', 'list', 'ruleset')
          return Promise.resolve(STANDING.every((pattern) => pattern.test(ruleset)))
        },
        cut: () => {
          for (const pid of netns.pids()) process.kill(pid, 'SIGKILL')
          return Promise.resolve()
        },
        stall: () => {
          const stalled = netns.pids()
          for (const pid of stalled) process.kill(pid, 'SIGSTOP')
          return Promise.resolve(() => {
            const left = netns.pids()
            for (const pid of stalled) if (left.includes(pid)) process.kill(pid, 'SIGCONT')
            return Promise.resolve()
          })
        },
        stop: () => {
          netns.remove()
          return Promise.resolve()
        },
      })
    },
  })
})
