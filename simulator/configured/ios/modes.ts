import type { Mode, Run } from './cli.ts'
import { CONFIG_COMMANDS } from './config-commands.ts'
import { EXEC_COMMANDS, PRIVILEGED_COMMANDS } from './exec-commands.ts'
import { GROUP_COMMANDS } from './group-commands.ts'
import { INTERFACE_COMMANDS } from './interface-commands.ts'
import { LIST4_COMMANDS, LIST6_COMMANDS } from './list-commands.ts'
import type { Command } from './parse-line.ts'
import { ROUTER_COMMANDS } from './router-commands.ts'

interface ModeForm {
  /** what its prompt has behind the host name */
  readonly ending: string
  readonly commands: readonly Command<Run>[]
}

export const MODES: Readonly<Record<Mode['kind'], ModeForm>> = {
  exec: { ending: '>', commands: EXEC_COMMANDS },
  privileged: { ending: '#', commands: PRIVILEGED_COMMANDS },
  config: { ending: '(config)#', commands: CONFIG_COMMANDS },
  group: { ending: '(config-network-group)#', commands: GROUP_COMMANDS },
  acl4: { ending: '(config-ext-nacl)#', commands: LIST4_COMMANDS },
  acl6: { ending: '(config-ipv6-acl)#', commands: LIST6_COMMANDS },
  interface: { ending: '(config-if)#', commands: INTERFACE_COMMANDS },
  router: { ending: '(config-router)#', commands: ROUTER_COMMANDS },
}

export function isConfiguring({ kind }: Mode): boolean {
  return kind !== 'exec' && kind !== 'privileged'
}

const LONGEST_NAME = 20

/** The platform cuts the host name in the prompts of configuration, and in no other. */
export function promptOf(hostname: string, mode: Mode): string {
  const name = isConfiguring(mode) ? hostname.slice(0, LONGEST_NAME) : hostname
  return `${name}${MODES[mode.kind].ending}`
}
