import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Command, Option } from 'commander'
import { crashRouter, rebootRouter, resetSession, startRouter } from './faults.ts'
import { attachLab, type Lab } from './lab-handle.ts'
import { watchFlow } from './probe/command.ts'
import { raiseLab } from './raise.ts'
import { knownLabs } from './runtime-folder.ts'
import { type LabStatus, statusOfAll } from './status.ts'
import { downLab, sweepAbandoned } from './teardown.ts'

const NO = 1
const FAILED = 2

interface UpOptions {
  readonly topology: string
  readonly name?: string
  readonly engine: 'auto' | 'podman' | 'netns'
  readonly json?: boolean
}

async function up(options: UpOptions): Promise<void> {
  const started = performance.now()
  const lab = await raiseLab(options)
  const { name, engine, engineReason, runtimeFolder, nodes } = lab
  const ms = Math.round(performance.now() - started)
  const report = { name, engine, engineReason, runtimeFolder, nodes, ms }
  if (options.json) console.log(JSON.stringify(report))
  else
    console.log(`${name} is up in ${ms} ms with ${engine} (${engineReason}), its folder is ${runtimeFolder}`)
}

async function status(options: { name?: string; json?: boolean }): Promise<void> {
  const labs = (await statusOfAll()).filter((lab) => options.name === undefined || lab.name === options.name)
  if (options.json) console.log(JSON.stringify(labs))
  else console.log(labs.map(describe).join('\n') || 'no lab is up')
  process.exitCode = labs.length > 0 && labs.every((lab) => lab.health === 'up') ? 0 : NO
}

function describe(lab: LabStatus): string {
  const head = `${lab.name}: ${lab.health}, ${lab.engine} (${lab.engineReason}), ${lab.processes} processes`
  const rows = lab.nodes.map(
    (node) =>
      `  ${node.node.padEnd(13)}${node.kind.padEnd(13)}${[...node.addresses, node.daemon].join('  ')}`,
  )
  return [head, `  ${lab.runtimeFolder}`, ...rows].join('\n')
}

async function down(options: { name: string; all?: boolean; abandoned?: boolean }): Promise<void> {
  if (options.abandoned) console.log((await sweepAbandoned()).join('\n') || 'none was abandoned')
  else for (const name of options.all ? knownLabs() : [options.name]) await downLab(name)
}

/** Its exit code is the command's own. */
async function exec(node: string, argv: string[], options: { name: string }): Promise<void> {
  const lab: Lab = attachLab(options.name)
  const command = argv[0] === '--' ? argv.slice(1) : argv
  const [file = '', ...args] = [...lab.enter(node), ...command]
  const child = spawn(file, args, { stdio: 'inherit', env: process.env })
  const [code] = (await once(child, 'close')) as [number | null]
  process.exitCode = code ?? FAILED
}

function commands(): Command {
  const program = new Command('lab')
    .description('a small campus network inside this machine')
    .enablePositionalOptions()
  const name = (): Option => new Option('--name <lab>', 'which lab').default('campus')
  program
    .command('up')
    .description('raise a lab; what a crashed one of the same name left is cleared away first')
    .option('--topology <name>', 'a file, or one of simulator/topologies', 'campus')
    .option('--name <lab>', "left out: the topology's name")
    .addOption(new Option('--engine <engine>').choices(['auto', 'podman', 'netns']).default('auto'))
    .option('--json')
    .action(up)
  program
    .command('status')
    .description('what is up; exit code 1 when nothing is, or not all of it')
    .option('--name <lab>', 'only this one')
    .option('--json')
    .action(status)
  program
    .command('down')
    .description('remove a lab, whatever became of it')
    .addOption(name())
    .option('--all', 'every lab')
    .option('--abandoned', 'only labs whose owner has died')
    .action(down)
  program
    .command('exec')
    .description('run a command in a node')
    .argument('<node>')
    .argument('<command...>')
    .addOption(name())
    .passThroughOptions()
    .action(exec)
  addProbe(program, name())
  addFaults(program, name)
  return program
}

function addFaults(program: Command, name: () => Option): void {
  const fault = program.command('fault').description('break something on a router, on purpose')
  const add = (
    what: string,
    description: string,
    work: (lab: Lab, router: string) => Promise<void>,
  ): void => {
    fault
      .command(what)
      .description(description)
      .argument('<router>')
      .addOption(name())
      .action((router: string, options: { name: string }) => work(attachLab(options.name), router))
  }
  add('reset', 'tear down its session with the speaker', (lab, router) => resetSession(lab, router))
  add('crash', 'end its daemons; the kernel goes on enforcing', crashRouter)
  add('start', 'start the daemons of a crashed one', startRouter)
  add('reboot', 'end its daemons, let the kernel forget, start anew', rebootRouter)
}

function addProbe(program: Command, name: Option): void {
  program
    .command('probe')
    .description('send numbered UDP and tell when it stops and comes back; ends with Ctrl-C')
    .addOption(name)
    .option('--from <node>', 'who sends', 'attacker')
    .option('--to <node>', 'who receives', 'a1')
    .addOption(new Option('--family <family>').choices(['4', '6']).default('4'))
    .option('--hz <packets>', 'packets a second', '2000')
    .option('--seconds <n>', 'end by itself after so long')
    .action(
      async (options: {
        name: string
        from: string
        to: string
        family: string
        hz: string
        seconds?: string
      }) => {
        await watchFlow(attachLab(options.name), {
          from: options.from,
          flow: {
            name: options.to,
            to: options.to,
            family: options.family === '6' ? 6 : 4,
            port: 9009,
            hz: Number(options.hz),
          },
          seconds: options.seconds === undefined ? undefined : Number(options.seconds),
          say: (line) => console.log(line),
        })
      },
    )
}

try {
  await commands().parseAsync()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = FAILED
}
