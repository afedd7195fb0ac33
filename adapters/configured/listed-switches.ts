import { type SwitchRule, switchRule } from '../../src/domain/rule.ts'
import type { Capabilities } from '../adapter.ts'

/** What a device's `config` lists as what may ever be put down. */
export interface ListedSwitches {
  readonly interfaces?: readonly string[]
  readonly neighbours?: readonly string[]
}

/** All that may ever be put down. */
export function switchesOf({ interfaces = [], neighbours = [] }: ListedSwitches): readonly SwitchRule[] {
  return [
    ...interfaces.map((name) => switchRule('interface-down', name)),
    ...neighbours.map((name) => switchRule('neighbour-down', name)),
  ]
}

/** What the device can hold with these beside its entries. */
export function withSwitches(
  kinds: Capabilities['kinds'],
  switches: readonly SwitchRule[],
): Pick<Capabilities, 'kinds' | 'switches'> {
  if (switches.length === 0) return { kinds }
  return {
    kinds: [...kinds, ...new Set(switches.map(({ kind }) => kind))],
    switches: switches.map(({ name }) => name),
  }
}
