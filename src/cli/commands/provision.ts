import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import type { Session } from '../session.ts'

interface Options {
  readonly router?: string
  readonly platform?: string
  readonly config: string
}

interface DeviceOptions {
  readonly apply?: boolean
  readonly config: string
}

export function addProvision(program: Command, act: Act): void {
  const provision = program
    .command('provision')
    .description('configuration for routers, which bounds what Cordon can do there; read on this machine')
  provision
    .command('bgp')
    .description('print import policy and neighbour for the routers of a BGP speaker; changes nothing')
    .argument('<device>', 'the speaker, by its name in the configuration')
    .option('--router <name>', 'for this router alone')
    .option('--platform <name>', 'bird, frr, junos, iosxr, iosxe or eos; else what the configuration says')
    .option('--config <file>', 'the configuration', 'cordon.yaml')
    .action(act(bgp))
  provision
    .command('device')
    .description('print containers, filters and kill switch for a device that is configured')
    .argument('<device>', 'by its name in the configuration')
    .option('--apply', 'put on the device what is lacking there, from a new session confirmed')
    .option('--config <file>', 'the configuration', 'cordon.yaml')
    .action(act(device))
}

async function device(
  { io, out }: Session,
  [name = '']: readonly string[],
  { config, apply }: DeviceOptions,
): Promise<ExitCode> {
  const { installOn, provisionDevice } = await import('../local/provision.ts')
  const path = resolve(io.cwd, config)
  if (apply !== true) {
    const texts = await provisionDevice(path, name)
    out.show({
      value: texts,
      text: () => texts.map(({ text }) => text).join('\n'),
      names: () => texts.map((one) => one.router),
    })
    return EXIT.ok
  }
  const { done, byHand } = await installOn(path, name, io.env)
  out.show({
    value: { device: name, done, byHand },
    text: () =>
      [
        ...(done.length === 0 ? ['nothing was lacking'] : done.map((one) => `added ${one}`)),
        ...byHand.map((one) => `by hand: ${one}`),
        '',
      ].join('\n'),
    names: () => done,
  })
  return byHand.length === 0 ? EXIT.ok : EXIT.no
}

async function bgp(
  { io, out }: Session,
  [device = '']: readonly string[],
  { config, router, platform }: Options,
): Promise<ExitCode> {
  const { provisionBgp } = await import('../local/provision.ts')
  const wish = {
    ...(router === undefined ? {} : { router }),
    ...(platform === undefined ? {} : { platform }),
  }
  const texts = await provisionBgp(resolve(io.cwd, config), device, wish)
  out.show({
    value: texts,
    // As it is: it was checked to be plain ASCII, and goes into a file.
    text: () => texts.map(({ text }) => text).join('\n'),
    names: () => texts.map((one) => one.router),
  })
  return EXIT.ok
}
