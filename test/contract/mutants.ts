import type { Adapter, AdapterEnv, Session } from '../../adapters/adapter.ts'
import type { MemoryDevice } from '../../adapters/memory/device.ts'
import { createMemoryAdapter, type MemoryConfig } from '../../adapters/memory/index.ts'
import { filterRule, ruleFamily } from '../../src/domain/rule.ts'

type MemoryAdapter = ReturnType<typeof createMemoryAdapter>
export type Break = (
  good: Session,
  device: () => MemoryDevice | undefined,
  env: AdapterEnv,
) => Partial<Session>

export interface Mutant {
  /** That must notice it. */
  readonly law: RegExp
  readonly breaks: Break
  /** Of the device, where not that of a filter. */
  readonly config?: MemoryConfig
  readonly env?: (env: AdapterEnv) => AdapterEnv
}

/** Adapters with one fault each. */
export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'keeps the first action': {
    law: /another action under one key/,
    breaks: (good, device) => ({
      apply: async (change, signal) => {
        const held = new Map(device()?.rules)
        const receipt = await good.apply(change, signal)
        for (const rule of change.put) device()?.rules.set(rule.key, held.get(rule.key) ?? rule)
        return receipt
      },
    }),
  },
  'does nothing and says done': {
    law: /apply then observe equals desired/,
    breaks: () => ({
      apply: async (change) =>
        new Map(
          [...change.put, ...change.remove].map((rule) => [
            rule.key,
            { result: 'done', evidence: 'read-back' },
          ]),
        ),
    }),
  },
  'forgets exceptions': {
    law: /apply then observe equals desired/,
    breaks: (good, device) => ({
      apply: async (change, signal) => {
        const receipt = await good.apply(change, signal)
        for (const rule of change.put) {
          if (!('match' in rule) || rule.match.except === undefined) continue
          const { except, ...match } = rule.match
          const wider = filterRule('acl', match, rule.action)
          if (device()?.rules.delete(rule.key)) device()?.rules.set(wider.key, wider)
        }
        return receipt
      },
    }),
  },
  'forgets what is kept': {
    law: /apply then observe equals desired/,
    breaks: (good, device) => ({
      apply: async (change, signal) => {
        const receipt = await good.apply(change, signal)
        for (const rule of change.put) {
          if (!('match' in rule) || rule.match.keep === undefined) continue
          const { keep, ...match } = rule.match
          const wider = filterRule('acl', match, rule.action)
          if (device()?.rules.delete(rule.key)) device()?.rules.set(wider.key, wider)
        }
        return receipt
      },
    }),
  },
  'cannot remove IPv6': {
    law: /removing all restores the start/,
    breaks: (good) => ({
      apply: async (change, signal) => {
        const remove = change.remove.filter((rule) => ruleFamily(rule) === 4)
        const receipt = await good.apply({ put: change.put, remove }, signal)
        return new Map([
          ...change.remove.map((rule) => [rule.key, { result: 'done', evidence: 'read-back' }] as const),
          ...receipt,
        ])
      },
    }),
  },
  'drops in silence when full': {
    law: /capacity is reported/,
    breaks: (good) => ({
      apply: async (change, signal) => {
        const receipt = new Map(await good.apply(change, signal))
        for (const key of receipt.keys()) receipt.set(key, { result: 'done', evidence: 'read-back' })
        return receipt
      },
    }),
  },
  'loses the batch with one refused rule': {
    law: /a refused rule does not take its neighbours down/,
    breaks: (good, device) => ({
      apply: async (change, signal) => {
        const before = new Map(device()?.rules)
        const receipt = await good.apply(change, signal)
        if ([...receipt.values()].every((outcome) => outcome.result === 'done')) return receipt
        device()?.rules.clear()
        for (const [key, rule] of before) device()?.rules.set(key, rule)
        return new Map(
          [...receipt.keys()].map((key) => [key, { result: 'failed', class: 'rejected', words: 'no' }]),
        )
      },
    }),
  },
  'clears what is not ours': {
    law: /foreign entries survive/,
    breaks: (good, device) => ({
      apply: async (change, signal) => {
        if (change.remove.length > 0) device()?.foreign.clear()
        return good.apply(change, signal)
      },
    }),
  },
  'forgets on close': {
    law: /a session that is opened again/,
    breaks: (good, device) => ({
      close: async () => {
        device()?.rules.clear()
        await good.close()
      },
    }),
  },
  'hangs when the session drops': {
    law: /a session dropped between calls/,
    breaks: (good) => ({
      observe: (what, signal) => good.observe(what, signal).catch(() => new Promise<never>(() => {})),
    }),
  },
  'throws what it likes': {
    law: /a closed session refuses/,
    breaks: (good) => ({
      observe: (what, signal) =>
        good.observe(what, signal).catch(() => {
          throw new Error('ECONNRESET')
        }),
    }),
  },
  'logs a secret': {
    law: /a fresh device holds nothing/,
    breaks: (good, _device, env) => ({
      observe: async (what, signal) => {
        env.log.debug({ login: { password: await env.secret('file:router') } }, 'connecting')
        return good.observe(what, signal)
      },
    }),
  },
  'depends on order': {
    law: /prefixes nest/,
    breaks: (good, device) => {
      let last: string | undefined
      return {
        apply: async (change, signal) => {
          const receipt = await good.apply(change, signal)
          const [next] = change.put
          if (last !== undefined && next !== undefined && next.key < last) device()?.rules.delete(next.key)
          last = next?.key
          return receipt
        },
      }
    },
  },
}

export function mutantAdapter(
  { breaks, env: given = (env) => env }: Mutant,
  devices: Map<string, MemoryDevice>,
): MemoryAdapter {
  const good: MemoryAdapter = createMemoryAdapter(devices)
  const open: Adapter<MemoryAdapter['configSchema']>['open'] = async (config: MemoryConfig, env) => {
    const session = await good.open(config, given(env))
    const whole: Session = {
      observe: (what, signal) => session.observe(what, signal),
      apply: (change, signal) => session.apply(change, signal),
      onChange: (listener) => session.onChange?.(listener),
      close: () => session.close(),
    }
    return { ...whole, ...breaks(whole, () => devices.get(env.device), env) }
  }
  return { ...good, open }
}
