import type { MemoryDevice } from '../../adapters/memory/device.ts'
import type { createMemoryAdapter, MemoryConfig } from '../../adapters/memory/index.ts'
import { SILENT } from '../../src/domain/log.ts'
import { DROP, ruleFromKey } from '../../src/domain/rule.ts'
import type { Device } from '../contract/fixture.ts'
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
    truth: async () => {
      const device = devices.get(name)
      const down = [...(device?.switches ?? [])].flatMap(([key, at]) =>
        at === 'down' ? ruleFromKey(key, DROP) : [],
      )
      return [...(device?.rules.values() ?? []), ...down]
    },
    hit: async (rule, packets) => devices.get(name)?.hit(rule.key, packets, 100 * packets),
    switches: {
      read: async ({ key }) => devices.get(name)?.switches.get(key) ?? 'up',
      async turn({ key }, to) {
        await (await adapter.open(config, env)).close()
        devices.get(name)?.switches.set(FOREIGN, 'up')
        devices.get(name)?.turn(key, to)
      },
      others: async () => JSON.stringify(devices.get(name)?.switches.get(FOREIGN) ?? ''),
    },
    cut: async () => devices.get(name)?.cut('the connection was reset'),
    async stop() {
      devices.delete(name)
    },
  }
}
