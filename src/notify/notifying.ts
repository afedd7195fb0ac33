import type { Clock } from '../domain/clock.ts'
import type { Logger } from '../domain/log.ts'
import type { Recorded } from '../ledger/events.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { positionFile } from './export-position.ts'
import { Pager } from './pager.ts'
import { latePage, type Page, pageOf, standingAlarms } from './pages.ts'
import { connectReceiver, type ReceiverPlace } from './receiver.ts'
import { type Command, runCommand } from './run-command.ts'
import { type Facility, type PublicEvent, syslogEvent } from './syslog-event.ts'
import { type DurableEvents, SyslogExport } from './syslog-export.ts'

/** Where the audit goes. */
export interface SyslogTarget extends ReceiverPlace {
  readonly facility: Facility
  readonly hostname?: string
  readonly appName: string
}

/** The site's own executable; `timeout` in milliseconds. */
export interface PagerTarget {
  readonly command: Command
  readonly timeout: number
}

export interface NotifyingOptions {
  readonly ledger: Ledger
  /** Made only where events are exported: it costs something with each. */
  readonly tail: () => DurableEvents
  readonly clock: Clock
  readonly log: Logger
  readonly syslog?: SyslogTarget
  /** Where the position of the export is kept. */
  readonly positionPath: string
  readonly pager?: PagerTarget
  /** The public form of an event. */
  readonly tell: (recorded: Recorded) => PublicEvent
  /** Of this machine and this process. */
  readonly host: { readonly name: string; readonly processId: string }
  readonly env: Readonly<Record<string, string | undefined>>
}

/** What tells others of what is recorded, while it runs. */
export interface Notifying {
  /** What a person should see to. */
  alarms(): readonly string[]
  /** A router behind a device is late, in words that name nothing personal. */
  late(device: string, alarm: string): void
  /** Events not yet exported, where there is an export. */
  readonly exportBehind?: () => number
  /** Pages by what became of them, where there is a pager. */
  readonly pages?: () => ReadonlyMap<string, number>
  close(): Promise<void>
}

/** Starts the export and the pager that are configured. @throws Error when the position of the export cannot be read */
export async function startNotifying(options: NotifyingOptions): Promise<Notifying> {
  const { ledger, log, clock } = options
  const pager = options.pager && pagerFor(options, options.pager)
  const exporting = options.syslog && exportFor(options, options.syslog)
  await exporting?.start()
  if (pager === undefined) ledger.onDurable((recorded) => logPages(recorded, log))
  else ledger.onDurable((recorded) => pager.take(recorded))
  return {
    alarms: () =>
      [...(pager === undefined ? standingAlarms(ledger.head) : [pager.alarm()]), exporting?.alarm()].filter(
        (alarm) => alarm !== undefined,
      ),
    late: (device, alarm) => {
      const page = latePage(device, alarm, clock.now(), ledger.head.seq)
      if (pager === undefined) logPage(page, log)
      else pager.tell(page)
    },
    ...(exporting === undefined ? {} : { exportBehind: () => exporting.behind }),
    ...(pager === undefined ? {} : { pages: () => pager.counts }),
    close: async () => {
      await Promise.all([pager?.close(), exporting?.close()])
    },
  }
}

/** What a pager would have been told goes to the log. */
function logPages(recorded: readonly Recorded[], log: Logger): void {
  for (const one of recorded) {
    const page = pageOf(one)
    if (page !== undefined) logPage(page, log)
  }
}

function logPage(page: Page, log: Logger): void {
  log.error({ ...page }, 'a person is needed, and no pager is configured')
}

function exportFor(
  { ledger, tail, clock, log, tell, host, positionPath }: NotifyingOptions,
  target: SyslogTarget,
): SyslogExport {
  const { facility, appName, hostname = host.name } = target
  const sender = { facility, hostname, appName, processId: host.processId }
  return new SyslogExport({
    ledger,
    tail: tail(),
    clock,
    log,
    encode: (recorded) => syslogEvent(recorded, tell(recorded), sender),
    connect: (signal) => connectReceiver(target, clock, signal),
    position: positionFile(positionPath),
  })
}

/** Of the environment only what an executable needs to be found and to speak: secrets of devices are in it too. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TZ']

function pagerFor({ clock, log, env }: NotifyingOptions, { command, timeout }: PagerTarget): Pager {
  const given = PASSED_ON.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]))
  const passed = Object.fromEntries(given)
  return new Pager({
    clock,
    log,
    send: (page, signal) =>
      runCommand({ command, timeout, clock, signal, env: passed, input: `${JSON.stringify(page)}\n` }),
  })
}
