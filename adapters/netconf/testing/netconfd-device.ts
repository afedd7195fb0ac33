import type { Device } from '../../../test/contract/suite.ts'
import { type HandSession, netconfByHand } from '../../../test/helpers/netconf-by-hand.ts'
import { type Netconfd, startNetconfd } from '../../../test/helpers/netconfd.ts'
import { loginEnv } from '../../configured/testing/login-env.ts'
import type { NetconfConfig } from '../config.ts'
import { rulesIn } from './rules-in.ts'

type Driver = NetconfConfig['driver']

/** A netconfd and somebody else's session on it, for all the tests of a file. */
export interface Bench {
  readonly server: Netconfd
  readonly other: HandSession
  /** Makes the containers anew and takes everything else away. */
  reset(): Promise<void>
  dispose(): Promise<void>
}

const JUNOS = 'http://xml.juniper.net/xnm/1.1/xnm'
const ACL = 'urn:ietf:params:xml:ns:yang:ietf-access-control-list'
const NC = 'xmlns:nc="urn:ietf:params:xml:ns:netconf:base:1.0"'

/** What a person would type to have the containers, written down by itself: provisioning is tested elsewhere. */
const PROVISIONED: Readonly<Record<Driver, string>> = {
  junos: `<configuration xmlns="${JUNOS}" ${NC} nc:operation="replace"><policy-options>${[
    ['CORDON-4-FROM', '192.0.2.255/32'],
    ['CORDON-4-TO', '192.0.2.255/32'],
    ['CORDON-6-FROM', '2001:db8:ffff::1/128'],
    ['CORDON-6-TO', '2001:db8:ffff::1/128'],
  ]
    .map(
      ([name, sentinel]) =>
        `<prefix-list><name>${name}</name><prefix-list-item><name>${sentinel}</name></prefix-list-item></prefix-list>`,
    )
    .join('')}</policy-options></configuration>`,
  'ietf-acl': `<acls xmlns="${ACL}" ${NC} nc:operation="replace">${[4, 6]
    .map(
      (family) =>
        `<acl><name>CORDON-${family}</name><type>ipv${family}-acl-type</type><aces><ace><name>CORDON-REST</name><actions><forwarding>accept</forwarding></actions></ace></aces></acl>`,
    )
    .join('')}</acls>`,
}

/** Things of a person's, in containers and beside them. */
const FOREIGN: Readonly<Record<Driver, string>> = {
  junos: `<configuration xmlns="${JUNOS}"><policy-options><prefix-list><name>BOGONS</name><prefix-list-item><name>198.18.0.7/32</name></prefix-list-item></prefix-list></policy-options><interfaces><interface><name>ge-0/0/0</name><disable/></interface></interfaces></configuration>`,
  'ietf-acl': `<acls xmlns="${ACL}"><acl><name>CORDON-4</name><aces><ace><name>by-hand</name><matches><ipv4><source-ipv4-network>198.18.0.7/32</source-ipv4-network></ipv4></matches><actions><forwarding>accept</forwarding></actions></ace></aces></acl><acl><name>SITE</name><type>ipv4-acl-type</type></acl></acls>`,
}
const STANDING: Readonly<Record<Driver, readonly RegExp[]>> = {
  junos: [/BOGONS[\s\S]*198\.18\.0\.7\/32/, /ge-0\/0\/0/],
  'ietf-acl': [/by-hand[\s\S]*198\.18\.0\.7\/32/, /<name>SITE</],
}

export async function startBench(driver: Driver): Promise<Bench> {
  const server = await startNetconfd([
    driver === 'junos' ? 'cordon-junos-subset' : 'ietf-access-control-list',
  ])
  let other = await netconfByHand(server).catch(async (error: unknown) => {
    await server.dispose()
    throw error
  })
  const reset = async (): Promise<void> => {
    try {
      await makeAnew(other, driver)
    } catch {
      // A test has cut all sessions, this one too.
      await other.dispose()
      other = await netconfByHand(server)
      await makeAnew(other, driver)
    }
  }
  return {
    server,
    get other() {
      return other
    },
    reset,
    dispose: async () => {
      await other.dispose()
      await server.dispose()
    },
  }
}

async function makeAnew(other: HandSession, driver: Driver): Promise<void> {
  await other.rpc('<discard-changes/>')
  await other.edit(PROVISIONED[driver])
  await other.commit()
}

function configFor({ server }: Bench, driver: Driver): NetconfConfig {
  return {
    ...{ driver, host: '127.0.0.1', port: server.port, username: server.username },
    ...{ privateKey: 'file:key', hostKeys: [server.hostKey] },
  }
}

/** The device as the contract's suite needs it; it is the same server each time, made anew. */
export async function deviceOn(bench: Bench, driver: Driver): Promise<Device<NetconfConfig>> {
  await bench.reset()
  const { server } = bench
  return {
    config: configFor(bench, driver),
    env: loginEnv({ 'file:key': server.privateKey }),
    plantForeign: async () => {
      await bench.other.edit(FOREIGN[driver])
      await bench.other.commit()
    },
    foreignIntact: async () => {
      const text = await bench.other.running()
      return STANDING[driver].every((pattern) => pattern.test(text))
    },
    truth: async () => rulesIn(await bench.other.running().catch(() => lookAnew(bench))),
    cut: async () => server.cut(),
    // A lock is waited for as long in every data model: once is enough.
    ...(driver === 'junos' ? { stall: () => stopped(server.pid) } : {}),
    stop: async () => void process.kill(server.pid, 'SIGCONT'),
  }
}

async function stopped(pid: number): Promise<() => Promise<void>> {
  process.kill(pid, 'SIGSTOP')
  return async () => void process.kill(pid, 'SIGCONT')
}

async function lookAnew({ server }: Bench): Promise<string> {
  const client = await netconfByHand(server)
  try {
    return await client.running()
  } finally {
    await client.dispose()
  }
}
