import { type AccessRule, accessRule, RULE_FORMS } from './access-rule.ts'
import type { Cli, Reply } from './cli.ts'
import { type IosConfig, withEntry } from './config.ts'
import { subCommands } from './config-commands.ts'
import { editList, findLine, putLine } from './edits.ts'
import type { Values } from './parse-line.ts'
import { Refused } from './refused.ts'

export const LIST4_COMMANDS = subCommands({
  [`[<seq:seq>] ${RULE_FORMS[4]}`]: (cli, values) => addRule(cli, 4, values),
  '[<seq:seq>] remark <text:rest>': (cli, values) => addRemark(cli, 4, values),
  'no <seq:seq>': (cli, { seq }) => removeNumber(cli, 4, Number(seq)),
  [`no [<seq:seq>] ${RULE_FORMS[4]}`]: (cli, values) => removeText(cli, 4, accessRule(4, values).text),
  'no [<seq:seq>] remark <text:rest>': (cli, { text = '' }) => removeText(cli, 4, `remark ${text}`),
})

const NUMBER = '[sequence <seq:seq>]'

export const LIST6_COMMANDS = subCommands({
  [`${NUMBER} ${RULE_FORMS[6]} ${NUMBER}`]: (cli, values) => addRule(cli, 6, values),
  [`${NUMBER} remark <text:rest>`]: (cli, values) => addRemark(cli, 6, values),
  'no sequence <seq:seq>': (cli, { seq }) => removeNumber(cli, 6, Number(seq)),
  [`no ${NUMBER} ${RULE_FORMS[6]} ${NUMBER}`]: (cli, values) =>
    removeText(cli, 6, accessRule(6, values).text),
  [`no ${NUMBER} remark <text:rest>`]: (cli, { text = '' }) => removeText(cli, 6, `remark ${text}`),
})

function addRule({ change, mode }: Cli, family: 4 | 6, values: Values): Reply {
  const rule = accessRule(family, values)
  change((config) => {
    checkGroups(config, rule)
    const sequence = values['seq'] === undefined ? undefined : Number(values['seq'])
    return editList(config, family, mode.subject, (list) => putLine(list, sequence, { rule }))
  })
  return {}
}

function checkGroups(config: IosConfig, { source, destination }: AccessRule): void {
  for (const { group } of [source, destination]) {
    if (group === undefined) continue
    const size = config.groups.get(group)?.members.size
    if (size === undefined) throw new Refused(`%ERROR: object-group ${group} does not exist`)
    if (size === 0)
      throw new Refused(`%ERROR: object-group ${group} is empty and cannot be used in an access list`)
  }
}

function addRemark({ change, mode }: Cli, family: 4 | 6, { seq, text = '' }: Values): Reply {
  const sequence = seq === undefined ? undefined : Number(seq)
  change((config) =>
    editList(config, family, mode.subject, (list) => putLine(list, sequence, { remark: text })),
  )
  return {}
}

/** A line that is not there is no error. */
function removeNumber(cli: Cli, family: 4 | 6, sequence: number): Reply {
  cli.change((config) =>
    editList(config, family, cli.mode.subject, (list) => withEntry(list, sequence, undefined)),
  )
  return {}
}

function removeText(cli: Cli, family: 4 | 6, text: string): Reply {
  const list = cli.system.config.lists[family].get(cli.mode.subject)
  const sequence = list && findLine(list, text)
  return sequence === undefined ? {} : removeNumber(cli, family, sequence)
}
