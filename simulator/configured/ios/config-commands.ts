import { type Cli, CONFIG, commands, type Mode, PRIVILEGED, type Reply, type Run } from './cli.ts'
import { listsThatUse, withEntry } from './config.ts'
import { editGroup, editList } from './edits.ts'
import { Refused } from './refused.ts'

/** What every mode of configuration knows. */
const MOVES: Readonly<Record<string, Run>> = {
  exit: ({ mode }) => ({ mode: mode.kind === 'config' ? PRIVILEGED : CONFIG }),
  end: () => ({ mode: PRIVILEGED }),
  'do <line:rest>': (_, { line = '' }) => ({ privileged: line }),
}

/** Commands of a mode below the configuration's own, which are tried first. */
export function subCommands(forms: Readonly<Record<string, Run>>): ReturnType<typeof commands> {
  return commands({ ...MOVES, ...forms })
}

export const CONFIG_COMMANDS = commands({
  ...MOVES,
  'hostname <name:hostname>': ({ change }, { name = '' }) => {
    change((config) => ({ ...config, hostname: name }))
    return {}
  },
  // what every configuration begins with
  'version <text:rest>': () => ({}),
  'object-group network <name:word>': (cli, { name = '' }) => {
    cli.change((config) => editGroup(config, name, (group) => group))
    return { mode: { kind: 'group', subject: name } }
  },
  'no object-group network <name:word>': (cli, { name = '' }) => removeGroup(cli, name),
  'ip access-list extended <name:word>': (cli, { name = '' }) => openList(cli, 4, name),
  'ipv6 access-list <name:word>': (cli, { name = '' }) => openList(cli, 6, name),
  'no ip access-list extended <name:word>': (cli, { name = '' }) => removeList(cli, 4, name),
  'no ipv6 access-list <name:word>': (cli, { name = '' }) => removeList(cli, 6, name),
  'interface <name:interface>': ({ system }, { name = '' }) => {
    if (!system.config.interfaces.has(name)) throw new Refused(`% ${name}: there is no such interface`)
    return { mode: { kind: 'interface', subject: name } }
  },
  'router bgp <asn:asn>': (cli, { asn = '' }) => openBgp(cli, asn),
  'no router bgp <asn:asn>': ({ change }) => {
    change(({ bgp: _, ...config }) => config)
    return {}
  },
})

function removeGroup({ change }: Cli, name: string): Reply {
  change((config) => {
    if (listsThatUse(config, name).length > 0) throw groupInUse(name)
    return { ...config, groups: withEntry(config.groups, name, undefined) }
  })
  return {}
}

/** Neither to be removed nor to be emptied. */
export function groupInUse(name: string): Refused {
  return new Refused(
    `%ERROR: object-group ${name} is in use by an access list and can be neither removed nor emptied`,
  )
}

function openList({ change }: Cli, family: 4 | 6, name: string): Reply {
  change((config) => editList(config, family, name, (list) => list))
  const mode: Mode = { kind: family === 4 ? 'acl4' : 'acl6', subject: name }
  return { mode }
}

function removeList({ change }: Cli, family: 4 | 6, name: string): Reply {
  change((config) => editList(config, family, name, () => undefined))
  return {}
}

function openBgp({ change }: Cli, asn: string): Reply {
  change((config) => {
    if (config.bgp && config.bgp.asn !== asn)
      throw new Refused(`BGP is already running; AS is ${config.bgp.asn}`)
    return config.bgp ? config : { ...config, bgp: { asn, neighbours: new Map() } }
  })
  return { mode: { kind: 'router', subject: asn } }
}
