import { type RunningRouter, startRouter } from '../../../simulator/configured/router.ts'
import type { RouterSettings } from '../../../simulator/configured/settings.ts'
import { ietfRouter } from '../../../simulator/netconf/ietf/device.ts'
import { junosRouter } from '../../../simulator/netconf/junos/device.ts'
import { switchRule } from '../../../src/domain/rule.ts'
import type { RealSwitches } from '../../../test/contract/fixture.ts'
import type { Device } from '../../../test/contract/suite.ts'
import { loginEnv } from '../../configured/testing/login-env.ts'
import type { NetconfConfig } from '../config.ts'
import { rulesIn } from './rules-in.ts'

/** Those of which there is a simulated router. */
export type Driver = Extract<NetconfConfig['driver'], 'junos' | 'ietf-acl'>

/** Interfaces that may be put down, and how a person does that. */
const PORTS: Readonly<Record<Driver, readonly string[]>> = {
  junos: Array.from({ length: 16 }, (_, index) => `ge-1/0/${index}`),
  'ietf-acl': Array.from({ length: 16 }, (_, index) => `port${index}`),
}

/** What `cordon provision device` prints for it, written down by hand. */
const JUNOS_START = [4, 6]
  .flatMap((family) => {
    const inet = family === 4 ? 'inet' : 'inet6'
    const filter = `set firewall family ${inet} filter CORDON-${family} term`
    const sentinel = family === 4 ? '192.0.2.255/32' : '2001:db8:ffff::1/128'
    return [
      `set policy-options prefix-list CORDON-${family}-FROM ${sentinel}`,
      `set policy-options prefix-list CORDON-${family}-TO ${sentinel}`,
      `${filter} from from source-prefix-list CORDON-${family}-FROM`,
      `${filter} from then discard`,
      `${filter} to from destination-prefix-list CORDON-${family}-TO`,
      `${filter} to then discard`,
      `${filter} rest then next term`,
      `set firewall family ${inet} filter SITE-${family} term all then accept`,
      `set interfaces ge-0/0/0 unit 0 family ${inet} filter input-list [ CORDON-${family} SITE-${family} ]`,
      `set interfaces ge-0/0/1 unit 0 family ${inet} filter input-list [ CORDON-${family} SITE-${family} ]`,
    ]
  })
  .concat('set policy-options prefix-list BOGONS 198.18.0.7/32')
  .concat(PORTS.junos.map((name) => `set interfaces ${name} unit 0`))
  .join('\n')

const ATTACHED = ['eth0', 'eth1']
  .map(
    (name) =>
      `<interface><interface-id>${name}</interface-id><ingress><acl-sets><acl-set><name>CORDON-4</name></acl-set><acl-set><name>CORDON-6</name></acl-set></acl-sets></ingress></interface>`,
  )
  .join('')
const IETF_START = `<config><acls xmlns="urn:ietf:params:xml:ns:yang:ietf-access-control-list">${[4, 6]
  .map(
    (family) =>
      `<acl><name>CORDON-${family}</name><type>ipv${family}-acl-type</type><aces><ace><name>CORDON-REST</name><actions><forwarding>accept</forwarding></actions></ace></aces></acl>`,
  )
  .join(
    '',
  )}<attachment-points>${ATTACHED}</attachment-points></acls>${turned(['eth0', 'eth1', ...PORTS['ietf-acl']], 'up')}</config>`

function turned(names: readonly string[], to: 'up' | 'down'): string {
  const ports = names.map(
    (name) => `<interface><name>${name}</name><enabled>${to === 'up'}</enabled></interface>`,
  )
  return `<interfaces xmlns="urn:ietf:params:xml:ns:yang:ietf-interfaces">${ports.join('')}</interfaces>`
}

const PASSWORD = 'correct horse battery'

/** Deadlines for routers would make tests wait; this one is in the same process. */
const HASTE = 5

export interface Simulated {
  readonly router: RunningRouter
  readonly driver: Driver
  readonly config: NetconfConfig
  readonly start: string
  /** What the router does with a packet from this source, or to this destination. */
  drops(end: 'source' | 'destination', address: string): Promise<boolean>
  env(): ReturnType<typeof loginEnv>
  stop(): Promise<void>
}

export async function simulate(
  driver: Driver,
  options: Readonly<Record<string, unknown>> = {},
  seed = 1,
): Promise<Simulated> {
  const start = driver === 'junos' ? JUNOS_START : IETF_START
  const settings: RouterSettings = {
    name: 'r1',
    kind: driver === 'junos' ? 'junos-router' : 'ietf-router',
    users: [{ name: 'cordon', password: PASSWORD }],
    configuration: start,
    plane: 'model',
    seed,
    options,
  }
  const router = await startRouter(settings, driver === 'junos' ? junosRouter : ietfRouter)
  const config = (): NetconfConfig => ({
    ...{ driver, host: '127.0.0.1', port: router.port, username: 'cordon', password: 'env:PASSWORD' },
    hostKeys: [router.hostKey.line],
    lookEvery: 3_600,
    interfaces: [...PORTS[driver]],
    filterOn: driver === 'junos' ? ['ge-0/0/0.0', 'ge-0/0/1.0'] : ['eth0', 'eth1'],
  })
  return {
    router,
    driver,
    start,
    get config() {
      return config()
    },
    drops: async (end, address) => (await router.control.judge(packetWith(driver, end, address))).dropped,
    env: () => loginEnv({ 'env:PASSWORD': PASSWORD }, HASTE),
    stop: () => router.stop(),
  }
}

function packetWith(driver: Driver, end: 'source' | 'destination', address: string) {
  const other = address.includes(':') ? '2001:db8:9::9' : '198.51.100.9'
  const incoming = driver === 'junos' ? 'ge-0/0/0' : 'eth0'
  const ends =
    end === 'source' ? { source: address, destination: other } : { source: other, destination: address }
  return { in: incoming, ...ends, protocol: 17, sourcePort: 53, destinationPort: 53 }
}

/** For the contract's suite: the same router each time, started anew with what it had at first. */
export async function deviceOn(simulated: Simulated): Promise<Device<NetconfConfig>> {
  const { router, config, start, env } = simulated
  await router.control.clear()
  await router.control.reboot(start)
  return {
    // A second is two tenths here.
    config: { ...config, port: router.port, lookEvery: 1 },
    env: env(),
    truth: async () => {
      const text = await router.control.running()
      const ports = portsIn(text).filter(({ name, isUp }) => !isUp && PORTS[simulated.driver].includes(name))
      return [...rulesIn(text), ...ports.map(({ name }) => switchRule('interface-down', name))]
    },
    switches: switchesOn(simulated),
    cut: () => router.control.cut(),
    stall: async () => {
      await router.control.arm({ kind: 'stall' })
      return () => router.control.clear('stall')
    },
    stop: async () => undefined,
  }
}

function switchesOn({ router, driver }: Simulated): RealSwitches {
  return {
    read: async ({ name }) =>
      portsIn(await router.control.running()).some((port) => port.name === name && !port.isUp)
        ? 'down'
        : 'up',
    turn: ({ name }, to) =>
      router.control.edit(
        driver === 'junos'
          ? `${to === 'down' ? 'set' : 'delete'} interfaces ${name} disable`
          : turned([name], to),
      ),
    others: async () => {
      const ports = portsIn(await router.control.running()).filter(
        ({ name }) => !PORTS[driver].includes(name),
      )
      return ports.map(({ name, isUp }) => `${name} ${isUp}`).join()
    },
  }
}

function portsIn(text: string): { readonly name: string; readonly isUp: boolean }[] {
  const ports = text.matchAll(/<interface>\s*<name>([^<]+)<\/name>([\s\S]*?)<\/interface>/g)
  return [...ports].map(([, name = '', inside = '']) => ({
    name,
    isUp: !/<disable\/>|<enabled>false/.test(inside),
  }))
}
