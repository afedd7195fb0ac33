import type { MemoryConfig } from '../../adapters/memory/index.ts'
import { DROP, ruleFromKey } from '../../src/domain/rule.ts'
import type { Mutant } from './mutants.ts'

const SWITCHES: MemoryConfig = {
  kinds: ['interface-down'],
  switches: Object.fromEntries(Array.from({ length: 16 }, (_, n) => [`eth${n}`, 'up' as const])),
}

/** Adapters of switches with one fault each. */
export const SWITCH_MUTANTS: Readonly<Record<string, Mutant>> = {
  'brings up whatever it is told to remove': {
    config: SWITCHES,
    law: /what was down before is not ours/,
    breaks: (good, device) => ({
      apply: async (change, signal) => {
        for (const { key } of change.remove) device()?.switches.set(key, 'up')
        return good.apply(change, signal)
      },
    }),
  },
  'touches before it remembers': {
    config: SWITCHES,
    law: /before a memo is durable/,
    breaks: (good, device) => ({
      apply: async (change, signal) => {
        for (const { key } of change.put) device()?.switches.set(key, 'down')
        return good.apply(change, signal)
      },
    }),
  },
  'forgets over a restart what it found': {
    config: SWITCHES,
    law: /a restart in between/,
    breaks: () => ({}),
    env: (env) => ({ ...env, recall: () => undefined }),
  },
  'takes what somebody put down for its own': {
    config: SWITCHES,
    law: /what was down before is not ours/,
    breaks: (good, device) => ({
      observe: async (what, signal) => {
        const observed = await good.observe(what, signal)
        const down = [...(device()?.switches ?? [])].flatMap(([key, at]) => (at === 'down' ? key : []))
        return { ...observed, rules: down.map((key) => ruleFromKey(key, DROP)) }
      },
    }),
  },
  'says nothing of a person at the device': {
    config: SWITCHES,
    law: /what a person brings up/,
    breaks: (good) => ({ onChange: () => good.onChange?.(() => undefined) }),
  },
}
