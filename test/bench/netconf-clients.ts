import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Client } from 'node-netconf'
import { NetconfDevice } from '../../adapters/netconf/device.ts'
import { ietfAclDriver } from '../../adapters/netconf/drivers/ietf-acl.ts'
import { readHostKeyPin } from '../../adapters/transport/host-key.ts'
import { NetconfSession } from '../../adapters/transport/netconf/session.ts'
import { element } from '../../adapters/transport/netconf/xml.ts'
import { SshConnection } from '../../adapters/transport/ssh.ts'
import { prefixFamily } from '../../src/domain/prefix.ts'
import type { FilterRule } from '../../src/domain/rule.ts'
import { endChild } from '../helpers/daemon.ts'
import type { Netconfd } from '../helpers/netconfd.ts'
import { realClock } from '../helpers/system-clock.ts'

/** Somebody who puts entries on the server, and takes them away, in one transaction each. */
export interface NetconfHand {
  readonly name: string
  change(put: readonly FilterRule[], remove: readonly FilterRule[]): Promise<void>
  close(): Promise<void>
}

const NEVER = new AbortController().signal
const LIMITS = { withinMs: 300_000, signal: NEVER }
const NC = 'urn:ietf:params:xml:ns:netconf:base:1.0'

async function sessionOn(server: Netconfd): Promise<NetconfSession> {
  const pin = readHostKeyPin(server.hostKey)
  const connection = await SshConnection.open(
    {
      ...{ host: '127.0.0.1', port: server.port, username: server.username },
      ...{ privateKey: server.privateKey, hostKeys: pin === undefined ? [] : [pin] },
    },
    realClock(),
    NEVER,
  )
  return await NetconfSession.open(connection, realClock(), NEVER)
}

/** The adapter's transactions without and with reading back. */
export async function adapterHand(
  server: Netconfd,
): Promise<NetconfHand & { readBack(rules: readonly FilterRule[]): Promise<void> }> {
  const session = await sessionOn(server)
  const device = new NetconfDevice(session, ietfAclDriver, [])
  return {
    name: 'adapter',
    change: async (put, remove) => {
      const refusals = await device.write({ put, remove }, 0, NEVER)
      if (refusals.size > 0) throw new Error('it refused entries')
    },
    readBack: async (rules) => {
      const { rules: found } = await device.read(rules, NEVER)
      if (!rules.every(({ key }) => found.has(key))) throw new Error('entries are missing')
    },
    close: () => session.close(),
  }
}

/** The same operations with nothing around them. */
export async function bareHand(server: Netconfd): Promise<NetconfHand> {
  const session = await sessionOn(server)
  const candidate = element('target', {}, element('candidate'))
  return {
    name: 'bare',
    change: async (put, remove) => {
      const config = element('config', { 'xmlns:nc': NC }, ietfAclDriver.edit({ put, remove }, 'remove'))
      await session.rpc(element('lock', {}, candidate), LIMITS)
      await session.rpc(element('edit-config', {}, candidate, config), LIMITS)
      await session.rpc(element('commit'), LIMITS)
      await session.rpc(element('unlock', {}, candidate), LIMITS)
    },
    close: () => session.close(),
  }
}

export async function nodeNetconfHand(server: Netconfd): Promise<NetconfHand> {
  const client = new Client({
    ...{ host: '127.0.0.1', port: server.port, username: server.username, pkey: server.privateKey },
  })
  await new Promise<void>((resolve, reject) =>
    client.open((error) => (error === null || error === undefined ? resolve() : reject(error))),
  )
  const rpc = (request: unknown): Promise<void> =>
    new Promise((resolve, reject) =>
      client.rpc(request, (error) => (error === null || error === undefined ? resolve() : reject(error))),
    )
  const target = { candidate: null }
  return {
    name: 'node-netconf',
    change: async (put, remove) => {
      await rpc({ lock: { target } })
      await rpc({ 'edit-config': { target, config: configObject(put, remove) } })
      await rpc('commit')
      await rpc({ unlock: { target } })
    },
    close: () => new Promise((resolve) => client.close(() => resolve())),
  }
}

export async function ncclientHand(server: Netconfd): Promise<NetconfHand> {
  const script = join(import.meta.dirname, 'netconf-lines.py')
  const place = ['127.0.0.1', String(server.port), server.username, server.privateKeyFile]
  const child = spawn('/usr/bin/python3', [script, ...place], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const heard = async (): Promise<void> => {
    if ((await lines.next()).done === true) throw new Error('ncclient has ended')
  }
  await heard()
  return {
    name: 'ncclient',
    change: async (put, remove) => {
      const { xml } = ietfAclDriver.edit({ put, remove }, 'delete')
      child.stdin.write(`${JSON.stringify(xml.replace('<acls ', `<acls xmlns:nc="${NC}" `))}\n`)
      await heard()
    },
    close: () => endChild(child),
  }
}

/** As its library wants it, which makes the XML itself. It speaks base:1.0, which has no `remove`. */
function configObject(put: readonly FilterRule[], remove: readonly FilterRule[]): object {
  const nameOf = (rule: FilterRule): string => `CORDON-from-${rule.match.source ?? ''}`
  const leaving = remove.map((rule) => ({ $: { 'nc:operation': 'delete' }, name: nameOf(rule) }))
  const coming = put.map((rule) => ({
    $: { 'yang:insert': 'first' },
    name: nameOf(rule),
    matches: { [`ipv${familyOf(rule)}`]: { [`source-ipv${familyOf(rule)}-network`]: rule.match.source } },
    actions: { forwarding: 'drop' },
  }))
  return {
    acls: {
      $: {
        xmlns: 'urn:ietf:params:xml:ns:yang:ietf-access-control-list',
        'xmlns:nc': NC,
        'xmlns:yang': 'urn:ietf:params:xml:ns:yang:1',
      },
      acl: { name: 'CORDON-4', aces: { ace: [...leaving, ...coming] } },
    },
  }
}

function familyOf({ match }: FilterRule): 4 | 6 {
  return match.source === undefined ? match.family : prefixFamily(match.source)
}
