import type { Cli, Reply, Run } from './cli.ts'
import type { AccessList, InterfaceConfig } from './config.ts'
import { configLines, interfaceLines } from './show-config.ts'
import { bgpSummary, interfaceBrief, interfaceState, ipInterface, ipv6Interface } from './show-state.ts'
import { type ConfigLock, clockTime } from './system.ts'

const FILTER = '[<filter:pipe>]'

/** Forms that every user may ask. */
export const SHOWS: Readonly<Record<string, Run>> = {
  [`show clock ${FILTER}`]: ({ system }) => ({ lines: [clockTime(new Date(system.now()))] }),
  [`show privilege ${FILTER}`]: ({ isPrivileged }) => ({
    lines: [`Current privilege level is ${isPrivileged ? 15 : 1}`],
  }),
  [`show version ${FILTER}`]: ({ system }) => ({
    lines: [
      'Cordon simulated router with an IOS-like command line, Version 1.0',
      `${system.config.hostname} uptime is ${Math.floor(system.uptimeMs / 60_000)} minutes`,
    ],
  }),
  [`show ip interface brief ${FILTER}`]: ({ system }) => ({ lines: interfaceBrief(system.config) }),
  [`show ip interface <name:interface> ${FILTER}`]: ({ system }, { name = '' }) => ({
    lines: stateOf(system, name, ipInterface),
  }),
  [`show ipv6 interface <name:interface> ${FILTER}`]: ({ system }, { name = '' }) => ({
    lines: stateOf(system, name, ipv6Interface),
  }),
  [`show interfaces [<name:interface>] ${FILTER}`]: ({ system }, { name }) => ({
    lines: [...system.config.interfaces]
      .filter(([one]) => name === undefined || one === name)
      .flatMap(([one, settings]) => interfaceState(one, settings)),
  }),
  [`show ip bgp summary ${FILTER}`]: ({ system }) => ({
    lines: bgpSummary(system.config, 4, system.uptimeMs),
  }),
  [`show bgp ipv6 unicast summary ${FILTER}`]: ({ system }) => ({
    lines: bgpSummary(system.config, 6, system.uptimeMs),
  }),
}

export const PRIVILEGED_SHOWS: Readonly<Record<string, Run>> = {
  [`show running-config ${FILTER}`]: (cli, { filter }) => ({ lines: running(cli, filter === undefined) }),
  [`show running-config interface <name:interface> ${FILTER}`]: ({ system }, { name = '' }) => {
    const one = system.config.interfaces.get(name)
    const lines = one === undefined ? [] : interfaceLines(name, one)
    return { lines: ['Building configuration...', '', ...sized(lines), ...lines, 'end', ''] }
  },
  [`show startup-config ${FILTER}`]: ({ system }) => ({ lines: [...system.startup, 'end', ''] }),
  [`show object-group [<name:word>] ${FILTER}`]: ({ system }, { name }) => ({
    lines: [...system.config.groups]
      .filter(([one]) => name === undefined || one === name)
      .flatMap(([one, { description, members }]) => [
        `Network object group ${one}`,
        ...(description === undefined ? [] : [` Description ${description}`]),
        ...[...members.keys()].map((text) => ` ${text}`),
        '',
      ]),
  }),
  [`show ip access-lists [<name:word>] ${FILTER}`]: (cli, { name }) => lists(cli, 4, name),
  [`show ipv6 access-list [<name:word>] ${FILTER}`]: (cli, { name }) => lists(cli, 6, name),
  [`show configuration lock ${FILTER}`]: ({ system }) => ({ lines: lockLines(system.lockedBy) }),
}

function stateOf(
  { config }: Cli['system'],
  name: string,
  text: (name: string, settings: InterfaceConfig) => string[],
): string[] {
  const found = config.interfaces.get(name)
  return found === undefined ? [] : text(name, found)
}

function running({ system }: Cli, isWhole: boolean): string[] {
  const lines = ['version 17.9', ...configLines(system.config)]
  const { lastChange } = system
  const told = lastChange
    ? ['!', `! Last configuration change at ${clockTime(new Date(lastChange.at))} by ${lastChange.user}`]
    : []
  const head = isWhole ? ['Building configuration...', '', ...sized(lines), ...told, '!'] : []
  return [...head, ...lines, 'end', '']
}

function sized(lines: readonly string[]): string[] {
  return [`Current configuration : ${lines.reduce((sum, line) => sum + line.length + 1, 0)} bytes`, '!']
}

async function lists({ system }: Cli, family: 4 | 6, wanted: string | undefined): Promise<Reply> {
  const matches = await system.matches()
  const chosen = [...system.config.lists[family]].filter(([name]) => wanted === undefined || name === wanted)
  return {
    lines: chosen.flatMap(([name, list]) => {
      const count = (sequence: number): number => matches(family, name, sequence)
      return family === 4 ? list4Lines(name, list, count) : list6Lines(name, list, count)
    }),
  }
}

type Count = (sequence: number) => number

function list4Lines(name: string, list: AccessList, count: Count): string[] {
  return [
    `Extended IP access list ${name}`,
    ...[...list].flatMap(([sequence, entry]) =>
      'rule' in entry ? [`    ${sequence} ${entry.rule.text}${matched(count(sequence))}`] : [],
    ),
  ]
}

/** The platform puts the number behind the rule here, and in front of it in the configuration. */
function list6Lines(name: string, list: AccessList, count: Count): string[] {
  return [
    `IPv6 access list ${name}`,
    ...[...list].flatMap(([sequence, entry]) =>
      'rule' in entry ? [`    ${entry.rule.text}${matched(count(sequence))} sequence ${sequence}`] : [],
    ),
  ]
}

function matched(packets: number): string {
  if (packets === 0) return ''
  return packets === 1 ? ' (1 match)' : ` (${packets} matches)`
}

function lockLines(lock: ConfigLock | undefined): string[] {
  return [
    'Parser Configure Lock',
    '---------------------',
    `Owner PID         : ${lock?.process ?? -1}`,
    `User              : ${lock?.user ?? 'unknown'}`,
    `TTY               : ${lock?.terminal ?? -1}`,
    `Type              : ${lock ? 'EXCLUSIVE' : 'NO LOCK'}`,
    `State             : ${lock ? 'LOCKED' : 'FREE'}`,
  ]
}
