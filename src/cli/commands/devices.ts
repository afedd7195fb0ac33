import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { type EndOptions, requireEnds } from '../input/end.ts'
import type { Session } from '../session.ts'
import { showCheck } from '../views/check-view.ts'
import { showDevice, showDevices } from '../views/device-view.ts'

export function addDevices(program: Command, act: Act): void {
  const devices = program
    .command('devices')
    .description('list the devices, or show one')
    .argument('[name]', 'one device')
    .action(act(show))
  devices
    .command('check')
    .description('read a device and compare it with what is wanted, changing nothing; exit 1 if it differs')
    .argument('<name>')
    .action(act(check))
  devices
    .command('hold')
    .description('stop everything on a device, releases too, while somebody works on it')
    .argument('<name>')
    .option('--for <duration>', 'such as 2h')
    .option('--until <time>', "RFC 3339, or '2026-11-20 18:00' or 18:00 in local time")
    .requiredOption('--reason <text>', 'for the others')
    .action(act(hold))
  devices
    .command('free')
    .description('end a hold, and agree to what a guard has withheld')
    .argument('<name>')
    .action(act(free))
  devices
    .command('resync')
    .description('read a device anew and bring it in line')
    .argument('<name>')
    .action(act(resync))
}

async function show(session: Session, [name]: readonly string[]): Promise<ExitCode> {
  const api = await session.api()
  if (name !== undefined) session.out.show(showDevice(await api.showDevice(name), session.io.now))
  else {
    const answer = await api.listDevices()
    session.out.show(showDevices(answer.devices, answer, session.io.now))
  }
  return EXIT.ok
}

async function check(session: Session, [name = '']: readonly string[]): Promise<ExitCode> {
  const api = await session.api()
  const checked = await api.checkDevice(name)
  session.out.show(showCheck(checked, session.io.now))
  if (checked.error !== undefined) return EXIT.failure
  return checked.inLine ? EXIT.ok : EXIT.no
}

async function hold(
  session: Session,
  [name = '']: readonly string[],
  options: EndOptions & { reason: string },
): Promise<ExitCode> {
  const ends = requireEnds(options, session.io.now(), false)
  const api = await session.api()
  const device = await api.holdDevice(name, { ...ends, reason: options.reason })
  session.out.show(showDevice(device, session.io.now))
  return EXIT.ok
}

async function free(session: Session, [name = '']: readonly string[]): Promise<ExitCode> {
  const api = await session.api()
  session.out.show(showDevice(await api.freeDevice(name), session.io.now))
  return EXIT.ok
}

async function resync(session: Session, [name = '']: readonly string[]): Promise<ExitCode> {
  const api = await session.api()
  session.out.show(showDevice(await api.resyncDevice(name), session.io.now))
  return EXIT.ok
}
