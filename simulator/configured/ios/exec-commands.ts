import { type Cli, CONFIG, commands, PRIVILEGED, type Reply, type Run, USER_EXEC } from './cli.ts'
import { Refused } from './refused.ts'
import { PRIVILEGED_SHOWS, SHOWS } from './show-commands.ts'

const EVERYWHERE: Readonly<Record<string, Run>> = {
  enable: (cli) => enable(cli),
  disable: () => ({ mode: USER_EXEC }),
  '{exit | logout | quit}': () => ({ logsOut: true }),
  'terminal length <rows:count>': ({ terminal }, { rows }) => {
    terminal.rows = Number(rows)
    return {}
  },
  'terminal width <columns:count>': ({ terminal }, { columns }) => {
    terminal.columns = Number(columns)
    return {}
  },
  ...SHOWS,
}

export const EXEC_COMMANDS = commands(EVERYWHERE)

export const PRIVILEGED_COMMANDS = commands({
  ...EVERYWHERE,
  ...PRIVILEGED_SHOWS,
  'terminal monitor': ({ terminal }) => {
    terminal.monitor = true
    return {}
  },
  'terminal no monitor': ({ terminal }) => {
    terminal.monitor = false
    return {}
  },
  'configure terminal': (cli) => configure(cli),
  'send log <text:rest>': ({ system, user }, { text = '' }) => {
    system.log(`%SYS-5-USERLOG_I: Message from vty(user id: ${user.name}): ${text}`)
    return {}
  },
  'write [memory]': (cli) => save(cli),
  'copy running-config startup-config': (cli) => ({
    ask: { prompt: 'Destination filename [startup-config]? ', isHidden: false, answer: () => save(cli) },
  }),
})

function enable(cli: Cli, tries = 3): Reply {
  const { enablePassword, isPrivileged } = cli
  if (isPrivileged || enablePassword === undefined) return { mode: PRIVILEGED }
  return {
    ask: {
      prompt: 'Password: ',
      isHidden: true,
      answer: (text) => {
        if (text === enablePassword) return { mode: PRIVILEGED }
        return tries > 1 ? enable(cli, tries - 1) : { lines: ['% Bad secrets', ''] }
      },
    },
  }
}

/** Both forms of words are the platform's: of a person who locked it, and of a process such as NETCONF's. */
function configure({ system }: Cli): Reply {
  const lock = system.lockedBy
  if (lock && !lock.isProcess) {
    throw new Refused(
      `Configuration mode locked exclusively by user '${lock.user}' process '${lock.process}' from terminal '${lock.terminal}'. Please try later.`,
    )
  }
  if (lock) {
    throw new Refused(
      `Configuration mode is locked by process '${lock.process}' user '${lock.user}' from terminal '${lock.terminal}'. Please try later.`,
    )
  }
  return { mode: CONFIG, lines: ['Enter configuration commands, one per line.  End with CNTL/Z.'] }
}

function save({ system }: Cli): Reply {
  system.save()
  return { lines: ['Building configuration...', '[OK]'] }
}
