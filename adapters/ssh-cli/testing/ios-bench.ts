import { iosDevice as makeIos } from '../../../simulator/configured/ios/ios-device.ts'
import { type RunningRouter, startRouter } from '../../../simulator/configured/router.ts'
import { readMatch } from '../../../src/domain/match.ts'
import { DROP, filterRule, type Rule, type SwitchRule, switchRule } from '../../../src/domain/rule.ts'
import type { RealSwitches } from '../../../test/contract/fixture.ts'
import type { Device } from '../../../test/contract/suite.ts'
import { loginEnv } from '../../configured/testing/login-env.ts'
import type { SshCliConfig } from '../config.ts'
import { hastyClock } from './hasty-clock.ts'

export const OUTSIDE = 'GigabitEthernet0/0/0'
export const INSIDE = 'GigabitEthernet0/0/1'

/** What may be put down. */
export const PORTS: readonly string[] = Array.from({ length: 4 }, (_, index) => `GigabitEthernet0/1/${index}`)
export const NEIGHBOURS: readonly string[] = ['198.51.100.101', '2001:db8:0:1::102', '198.51.100.103']
const OURS = [...PORTS, ...NEIGHBOURS]

/** What a person would type to have the containers, written down by itself. */
export const PROVISIONED = `hostname a-router-with-a-long-name
object-group network CORDON-4-FROM
 host 192.0.2.255
object-group network CORDON-4-TO
 host 192.0.2.255
ip access-list extended CORDON-4
 10 deny ip object-group CORDON-4-FROM any
 20 deny ip any object-group CORDON-4-TO
 1000 permit ip any any
ipv6 access-list CORDON-6
 sequence 10 deny ipv6 host 2001:db8:ffff::1 any
 sequence 1000000 permit ipv6 any any
interface ${OUTSIDE}
 ip access-group CORDON-4 in
 ipv6 traffic-filter CORDON-6 in
router bgp 65010
${[...NEIGHBOURS, '198.51.100.1'].map((peer) => ` neighbor ${peer} remote-as 65020`).join('\n')}
end
`

/** A person's things, in containers and beside them. */
const FOREIGN = `ip access-list extended SITE
 10 permit ip host 198.51.100.7 any
ipv6 access-list CORDON-6
 sequence 700 deny tcp any any eq 23
end
`

/** @param options beside the usual: its log comes up on every terminal, into the line of the prompt */
export async function startIos(options: object = {}): Promise<RunningRouter> {
  return await startRouter(
    {
      ...{ name: 'a-router-with-a-long-name', kind: 'ios-router', plane: 'model' },
      users: [{ name: 'cordon', password: 'not-so-secret' }],
      configuration: PROVISIONED,
      options: {
        interfaces: [OUTSIDE, INSIDE, ...PORTS],
        banner: 'Keep out!\n# no prompt #\nalso-none>',
        monitor: true,
        ...options,
      },
    },
    makeIos,
  )
}

export function iosConfig({ port, hostKey }: RunningRouter): SshCliConfig {
  return {
    ...{ driver: 'ios', host: '127.0.0.1', port, username: 'cordon', password: 'file:password' },
    hostKeys: [hostKey.fingerprint],
    filterOn: [OUTSIDE],
  }
}

export const SECRETS = { 'file:password': 'not-so-secret', 'file:enable': 'open-sesame' }

/**
 * The device as the contract's suite needs it; it is the same router each time, started anew.
 * @param listed what may be put down
 */
export async function iosContractDevice(
  router: RunningRouter,
  listed: Partial<SshCliConfig>,
): Promise<Device<SshCliConfig>> {
  const { control } = router
  await control.clear()
  await control.reboot(PROVISIONED)
  const clock = hastyClock()
  return {
    config: { ...iosConfig(router), ...listed, lookEvery: 1 },
    env: { ...loginEnv(SECRETS), clock },
    plantForeign: () => control.edit(FOREIGN),
    foreignIntact: async () => {
      const text = await control.running()
      return /SITE\n 10 permit ip host 198\.51\.100\.7 any/.test(text) && /700 deny tcp any any eq/.test(text)
    },
    truth: async () => {
      const text = await control.running()
      const down = shutIn(text).filter(({ name }) => OURS.includes(name))
      return [...blocked(text), ...down]
    },
    switches: switchesOf(router),
    cut: () => control.cut(),
    stall: async () => {
      await control.arm({ kind: 'stall' })
      clock.hurry(true)
      return async () => {
        clock.hurry(false)
        await control.clear()
      }
    },
    stop: () => control.clear(),
  }
}

function switchesOf({ control }: RunningRouter): RealSwitches {
  return {
    read: async ({ key }) => (shutIn(await control.running()).some((one) => one.key === key) ? 'down' : 'up'),
    turn: ({ kind, name }, to) => {
      const no = to === 'up' ? 'no ' : ''
      return control.edit(
        kind === 'interface-down'
          ? `interface ${name}\n ${no}shutdown`
          : `router bgp 65010\n ${no}neighbor ${name} shutdown`,
      )
    },
    others: async () => {
      const text = await control.running()
      const down = shutIn(text).filter(({ name }) => !OURS.includes(name))
      const rest = text.replaceAll(/^ (?:neighbor .* )?shutdown\n/gm, '')
      return [rest, ...down.map(({ key }) => key)].join('\n')
    },
  }
}

/** What is down by the text of a configuration, addresses in the lower case. */
export function shutIn(text: string): SwitchRule[] {
  const ports = [...text.matchAll(/^interface (\S+)\n(?: .*\n)*? shutdown$/gm)]
  const neighbours = [...text.matchAll(/^ neighbor (\S+) shutdown$/gm)]
  return [
    ...ports.map(([, name = '']) => switchRule('interface-down', name)),
    ...neighbours.map(([, name = '']) => switchRule('neighbour-down', name.toLowerCase())),
  ]
}

/** Rules by the text of a configuration, read in another way than the adapter's. */
export function blocked(text: string): Rule[] {
  const groups = [...text.matchAll(/^object-group network CORDON-4-(FROM|TO) *\n((?: .*\n)*)/gm)]
  const members = groups.flatMap(([, end = '', inside = '']) =>
    [...inside.matchAll(/^ (?:host (\S+)|(\S+) (\S+)) *$/gm)].map(([, host, network, mask = '']) =>
      ruleAt(end === 'FROM', host === undefined ? `${network}/${bits(mask)}` : `${host}/32`),
    ),
  )
  const lines = [...text.matchAll(/^ sequence \d+ deny ipv6 (any )?(host )?(\S+)(?: any)?$/gm)].map(
    ([, any, host, network]) =>
      ruleAt(any === undefined, host === undefined ? `${network}` : `${network}/128`),
  )
  return [...members, ...lines].flat()
}

function bits(mask: string): number {
  return [
    ...mask
      .split('.')
      .map((byte) => Number(byte).toString(2))
      .join(''),
  ].filter((bit) => bit === '1').length
}

function ruleAt(isSource: boolean, prefix: string): Rule[] {
  if (/^192\.0\.2\.255\/|^2001:db8:ffff::1\//i.test(prefix)) return []
  const match = readMatch(prefix.includes(':') ? 6 : 4, {
    [isSource ? 'source' : 'destination']: prefix.toLowerCase(),
  })
  return [filterRule('acl', match, DROP)]
}
