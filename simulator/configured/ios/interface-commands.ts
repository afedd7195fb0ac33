import { maskLength } from './address.ts'
import type { Cli, Reply } from './cli.ts'
import type { InterfaceConfig } from './config.ts'
import { subCommands } from './config-commands.ts'
import { editInterface } from './edits.ts'
import { Refused } from './refused.ts'

const WAY = '<way=in|out>'

export const INTERFACE_COMMANDS = subCommands({
  shutdown: (cli) => shut(cli, true),
  'no shutdown': (cli) => shut(cli, false),
  'description <text:rest>': (cli, { text = '' }) => edit(cli, (one) => ({ ...one, description: text })),
  'no description [<text:rest>]': (cli) => edit(cli, ({ description: _, ...one }) => one),
  [`ip access-group <name:word> ${WAY}`]: (cli, { name = '', way = '' }) =>
    edit(cli, (one) => ({ ...one, filters4: { ...one.filters4, [way]: name } })),
  [`no ip access-group [<name:word>] ${WAY}`]: (cli, { way = '' }) =>
    edit(cli, (one) => ({ ...one, filters4: without(one.filters4, way) })),
  [`ipv6 traffic-filter <name:word> ${WAY}`]: (cli, { name = '', way = '' }) =>
    edit(cli, (one) => ({ ...one, filters6: { ...one.filters6, [way]: name } })),
  [`no ipv6 traffic-filter [<name:word>] ${WAY}`]: (cli, { way = '' }) =>
    edit(cli, (one) => ({ ...one, filters6: without(one.filters6, way) })),
  'ip address <address:a4> <mask:a4>': (cli, { address = '', mask = '' }) => setAddress(cli, address, mask),
  'no ip address [<address:a4> <mask:a4>]': (cli) => edit(cli, ({ address4: _, ...one }) => one),
  'ipv6 address <prefix:prefix6>': (cli, { prefix = '' }) =>
    edit(cli, (one) => ({ ...one, addresses6: [...new Set([...one.addresses6, prefix])] })),
  'no ipv6 address <prefix:prefix6>': (cli, { prefix }) =>
    edit(cli, (one) => ({ ...one, addresses6: one.addresses6.filter((address) => address !== prefix) })),
})

function edit({ change, mode }: Cli, changed: (one: InterfaceConfig) => InterfaceConfig): Reply {
  change((config) => editInterface(config, mode.subject, changed))
  return {}
}

function without(filters: InterfaceConfig['filters4'], way: string): InterfaceConfig['filters4'] {
  return Object.fromEntries(Object.entries(filters).filter(([one]) => one !== way))
}

function shut(cli: Cli, isShut: boolean): Reply {
  const { system, mode } = cli
  const before = system.config.interfaces.get(mode.subject)?.isShut
  edit(cli, (one) => ({ ...one, isShut }))
  if (system.config.interfaces.get(mode.subject)?.isShut === before) return {}
  const state = isShut ? 'administratively down' : 'up'
  system.log(`%LINK-5-CHANGED: Interface ${mode.subject}, changed state to ${state}`)
  return {}
}

function setAddress(cli: Cli, address: string, mask: string): Reply {
  const length = maskLength(mask)
  if (length === undefined) throw new Refused(`Bad mask ${mask} for address ${address}`)
  return edit(cli, (one) => ({ ...one, address4: `${address}/${length}` }))
}
