import { Command, Option } from 'commander'
import { type Act, actWith } from './act.ts'
import { addAdapter } from './commands/adapter.ts'
import { addAgree } from './commands/agree.ts'
import { addAmend } from './commands/amend.ts'
import { addAudit } from './commands/audit.ts'
import { addAutomation } from './commands/automation.ts'
import { addBindings } from './commands/bindings.ts'
import { addBlock } from './commands/block.ts'
import { addBlocks } from './commands/blocks.ts'
import { addCalendar } from './commands/calendar.ts'
import { addCompletion } from './commands/completion.ts'
import { addConfig } from './commands/config.ts'
import { addDevices } from './commands/devices.ts'
import { addEvents } from './commands/events.ts'
import { addExplain } from './commands/explain.ts'
import { addHits } from './commands/hits.ts'
import { addInventory } from './commands/inventory.ts'
import { addLedger } from './commands/ledger.ts'
import { addMail } from './commands/mail.ts'
import { addMailIn } from './commands/mail-in.ts'
import { addOutbox } from './commands/outbox.ts'
import { addPanic } from './commands/panic.ts'
import { addPeople } from './commands/people.ts'
import { addPolicy } from './commands/policy.ts'
import { addPrivacy } from './commands/privacy.ts'
import { addProvision } from './commands/provision.ts'
import { addQuota } from './commands/quota.ts'
import { addRequests } from './commands/requests.ts'
import { addServe } from './commands/serve.ts'
import { addShow } from './commands/show.ts'
import { addStats } from './commands/stats.ts'
import { addToken } from './commands/token.ts'
import { addTriggers } from './commands/triggers.ts'
import { addUnblock } from './commands/unblock.ts'
import { addWhoami } from './commands/whoami.ts'
import type { ExitCode } from './exit.ts'
import type { Io } from './io.ts'
import { FORMATS } from './output/encode.ts'
import { COLOURS } from './output/paint.ts'

/** In the order in which help lists them. */
const COMMANDS: readonly ((program: Command, act: Act) => void)[] = [
  addBlock,
  addUnblock,
  addBlocks,
  addShow,
  addHits,
  addAgree,
  addAmend,
  addExplain,
  addRequests,
  addMail,
  addMailIn,
  addOutbox,
  addTriggers,
  addDevices,
  addInventory,
  addBindings,
  addEvents,
  addAudit,
  addWhoami,
  addQuota,
  addCalendar,
  addStats,
  addPrivacy,
  addPeople,
  addToken,
  addAutomation,
  addPanic,
  addLedger,
  addConfig,
  addPolicy,
  addProvision,
  addAdapter,
  addServe,
  addCompletion,
]

const AFTER = `
The controller and the token come from CORDON_URL and CORDON_TOKEN, else from the file
that CORDON_ACCESS names, else from var/access.json in this folder, else from
~/.config/cordon/access.json.

Exit codes: 0 ok, 1 the answer is no, 2 wrong usage or failure, 3 refused by a guard,
4 no access, 5 not in force everywhere when the waiting ended, 6 waits for the agreement
of another person, 130 interrupted.`

export function buildProgram(io: Io, end: (code: ExitCode) => void): Command {
  const program = new Command('cordon')
    .description('Blocks hosts, departments and connections, and gives them back.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .addOption(new Option('-o, --output <format>', 'form of the data').choices(FORMATS).default('table'))
    .addOption(new Option('--color <when>', 'colours').choices(COLOURS).default('auto'))
    .addHelpText('after', AFTER)
  const act = actWith(io, end)
  for (const add of COMMANDS) add(program, act)
  return program
}
