import type { MemoryDevice } from '../../adapters/memory/device.ts'
import type { createMemoryAdapter, MemoryConfig } from '../../adapters/memory/index.ts'
import { SILENT } from '../../src/domain/log.ts'
import { DROP, type Rule, ruleFromKey } from '../../src/domain/rule.ts'
import type { Device, RealSwitches } from '../contract/fixture.ts'
import { realClock } from './system-clock.ts'

/** A port that no configuration names. */
const FOREIGN = 'interface-down theirs0'

/** A memory device of this name for the contract suite; `devices` is the map that the adapter was made with. */
export function memoryDevice(
  adapter: ReturnType<typeof createMemoryAdapter>,
  devices: Map<string, MemoryDevice>,
  name: string,
  config: MemoryConfig,
): Device<MemoryConfig> {
  let memo: string | undefined
  const env = {
    device: name,
    clock: realClock(),
    log: SILENT,
    runtimeFolder: 'var/memory',
    secret: async (reference: string) => `secret behind ${reference}`,
    remember: async (text: string) => {
      memo = text
    },
    recall: () => memo,
  }
  return {
    config,
    env,
    async plantForeign() {
      await (await adapter.open(config, env)).close()
      devices.get(name)?.foreign.set('theirs', 'permit 198.18.0.0/15')
    },
    foreignIntact: async () => devices.get(name)?.foreign.get('theirs') === 'permit 198.18.0.0/15',
    truth: async () => [...(devices.get(name)?.rules.values() ?? []), ...switchedOff(devices.get(name))],
    hit: async (rule, packets) => devices.get(name)?.hit(rule.key, packets, 100 * packets),
    switches: realSwitches(async () => {
      await (await adapter.open(config, env)).close()
      return devices.get(name)
    }),
    cut: async () => devices.get(name)?.cut('the connection was reset'),
    async stop() {
      devices.delete(name)
    },
  }
}

function switchedOff(device: MemoryDevice | undefined): Rule[] {
  return [...(device?.switches ?? [])].flatMap(([key, at]) => (at === 'down' ? ruleFromKey(key, DROP) : []))
}

/** @param found the device, which is made by the first session at the latest */
function realSwitches(found: () => Promise<MemoryDevice | undefined>): RealSwitches {
  return {
    read: async ({ key }) => (await found())?.switches.get(key) ?? 'up',
    async turn({ key }, to) {
      const device = await found()
      device?.switches.set(FOREIGN, 'up')
      device?.turn(key, to)
    },
    others: async () => JSON.stringify((await found())?.switches.get(FOREIGN)) ?? '',
  }
}
