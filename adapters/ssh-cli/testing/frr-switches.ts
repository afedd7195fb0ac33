import { type SwitchRule, switchRule } from '../../../src/domain/rule.ts'
import type { RealSwitches } from '../../../test/contract/fixture.ts'
import type { Netns } from '../../../test/helpers/netns.ts'

/** A router that can be turned at by hand. */
export interface SwitchedRouter {
  readonly netns: Netns
  /** What a person types at the router itself; returns what that shows. */
  byHand(...lines: readonly string[]): string
}

/** What may be put down: ends of cables in the namespace, and neighbours that never answer. */
export const PORTS: readonly string[] = ['port0', 'port1', 'port2']
export const NEIGHBOURS: readonly string[] = ['10.255.255.101', '2001:db8:ff::102', '10.255.255.103']
/** A person's, of either kind. */
const OTHERS = ['other0', '10.255.255.104']
const ALL = [...PORTS, ...NEIGHBOURS, ...OTHERS].map((name) =>
  switchRule(/^[a-z]+\d$/.test(name) ? 'interface-down' : 'neighbour-down', name),
)

const ASN = 65_010

export function addSwitches({ netns, byHand }: SwitchedRouter): void {
  for (const { kind, name } of ALL)
    if (kind === 'interface-down')
      netns.run('ip', 'link', 'add', name, 'up', 'type', 'veth', 'peer', 'name', `${name}-far`)
    else byHand('configure terminal', `router bgp ${ASN}`, `neighbor ${name} remote-as 65020`)
}

/** All of them up. */
export function resetSwitches(router: SwitchedRouter): void {
  for (const rule of down(router)) turn(router, rule, 'up')
}

/** As a person does at the router. */
function turn({ byHand }: SwitchedRouter, { kind, name }: SwitchRule, to: 'up' | 'down'): void {
  const no = to === 'up' ? 'no ' : ''
  if (kind === 'interface-down') byHand('configure terminal', `interface ${name}`, `${no}shutdown`)
  else byHand('configure terminal', `router bgp ${ASN}`, `${no}neighbor ${name} shutdown`)
}

/** What is down of that which may be put down. */
export function downIn(router: SwitchedRouter): readonly SwitchRule[] {
  return down(router).filter(({ name }) => !OTHERS.includes(name))
}

export function switchesOf(router: SwitchedRouter): RealSwitches {
  return {
    read: async ({ key }) => (down(router).some((one) => one.key === key) ? 'down' : 'up'),
    turn: async (rule, to) => turn(router, rule, to),
    others: async () => {
      const theirs = down(router).filter(({ name }) => OTHERS.includes(name))
      return ['down:', ...theirs.map(({ key }) => key)].join(' ')
    },
  }
}

/** Ports as the kernel has them, neighbours as bgpd knows them beside its configuration. */
function down({ netns, byHand }: SwitchedRouter): readonly SwitchRule[] {
  const peers = JSON.parse(byHand('show bgp neighbors json')) as Readonly<
    Record<string, { readonly adminShutDown?: boolean }>
  >
  const links = netns.run('ip', '-o', 'link', 'show')
  return ALL.filter(({ kind, name }) =>
    kind === 'interface-down'
      ? !new RegExp(`^\\d+: ${name}@\\S+ <(?:[A-Z_-]+,)*UP[,>]`, 'm').test(links)
      : peers[name]?.adminShutDown === true,
  )
}
