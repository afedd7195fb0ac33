import { mask4, maskLength, network4 } from './address.ts'
import type { Cli, Reply, Run } from './cli.ts'
import { listsThatUse, type ObjectGroup, withEntry } from './config.ts'
import { groupInUse, subCommands } from './config-commands.ts'
import { editGroup } from './edits.ts'
import type { Values } from './parse-line.ts'
import { Refused } from './refused.ts'

const MEMBER = '{host <host:a4> | <net:a4> <mask:a4> | <net:a4> <slash:slash4>}'

export const GROUP_COMMANDS = subCommands({
  [MEMBER]: (cli, values) => addMember(cli, values),
  [`no ${MEMBER}`]: (cli, values) => removeMember(cli, values),
  'description <text:rest>': (cli, { text = '' }) => edit(cli, (group) => ({ ...group, description: text })),
  'no description [<text:rest>]': (cli) => edit(cli, ({ description: _, ...group }) => group),
})

type Edit = (group: ObjectGroup) => ObjectGroup

function edit({ change, mode }: Cli, changed: Edit): Reply {
  change((config) => editGroup(config, mode.subject, changed))
  return {}
}

const addMember: Run = ({ change, mode }, values) => {
  const [text, prefix] = memberOf(values)
  change((config) => {
    if (config.groups.get(mode.subject)?.members.has(text)) return config
    return editGroup(config, mode.subject, (group) => ({
      ...group,
      members: withEntry(group.members, text, prefix),
    }))
  })
  return {}
}

/** One that is not there is no error. */
const removeMember: Run = ({ change, mode }, values) => {
  const [text] = memberOf(values)
  change((config) => {
    const { members } = config.groups.get(mode.subject) ?? { members: new Map<string, string>() }
    if (!members.has(text)) return config
    if (members.size === 1 && listsThatUse(config, mode.subject).length > 0) throw groupInUse(mode.subject)
    return editGroup(config, mode.subject, (group) => ({
      ...group,
      members: withEntry(members, text, undefined),
    }))
  })
  return {}
}

/** How the platform shows a member, and the prefix that it is. */
function memberOf({ host, net = '', mask, slash }: Values): readonly [string, string] {
  if (host !== undefined) return [`host ${host}`, `${host}/32`]
  const length = mask === undefined ? Number(slash?.slice(1)) : maskLength(mask)
  if (length === undefined) throw new Refused('% Invalid network mask')
  const network = network4(net, length)
  return length === 32
    ? [`host ${net}`, `${net}/32`]
    : [`${network} ${mask4(length)}`, `${network}/${length}`]
}
