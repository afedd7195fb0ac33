import { activePart, type DataNode } from '../data.ts'
import type { Operations, Server } from '../server.ts'
import type { Call, Reply } from '../session.ts'
import { childOf, node, type XmlNode } from '../xml.ts'
import { counterOf } from './compile.ts'

export const JUNOS_NS = 'http://xml.juniper.net/junos/23.4R1/junos'

/** What Junos tells of its state. */
export const STATE_RPCS: Operations = {
  'get-system-information': ({ ground }) =>
    told('system-information', [
      node('hardware-model', 'simulated'),
      node('os-name', 'junos'),
      node('host-name', ground.name),
    ]),
  'get-system-uptime-information': uptime,
  'get-interface-information': interfaces,
  'get-firewall-information': firewall,
  'get-firewall-filter-information': firewall,
  'get-bgp-neighbor-information': neighbours,
}

function told(name: string, content: readonly XmlNode[]): Reply {
  return { nodes: [node(name, content, { namespace: JUNOS_NS })] }
}

function uptime({ ground }: Server): Reply {
  const seconds = Math.floor((ground.now() - ground.bootedAt()) / 1_000)
  const length = node('time-length', `${seconds} secs`, { attributes: { 'junos:seconds': `${seconds}` } })
  return told('system-uptime-information', [
    node('current-time', [dateTime(ground.now())]),
    node('system-booted-time', [dateTime(ground.bootedAt()), length]),
  ])
}

function dateTime(ms: number): XmlNode {
  const text = new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
  return node('date-time', `${text} UTC`, { attributes: { 'junos:seconds': `${Math.floor(ms / 1_000)}` } })
}

function active({ stores }: Server): DataNode | undefined {
  return activePart(stores.running).child('configuration')
}

function nameOf(one: DataNode): string {
  return one.leafValue('name') ?? ''
}

function interfaces(server: Server, { request }: Call): Reply {
  const wanted = childOf(request, 'interface-name')?.text
  const all = active(server)?.at('interfaces')?.all('interface') ?? []
  const physical = all
    .filter(
      (port) => wanted === undefined || nameOf(port) === wanted || wanted.startsWith(`${nameOf(port)}.`),
    )
    .map((port) => {
      const units = port.all('unit').map((unit) => {
        const isUp = unit.child('disable') === undefined && port.child('disable') === undefined
        return node('logical-interface', [node('name', `${nameOf(port)}.${nameOf(unit)}`), ...status(isUp)])
      })
      return node('physical-interface', [
        node('name', nameOf(port)),
        ...status(port.child('disable') === undefined),
        ...units,
      ])
    })
  return told('interface-information', physical)
}

function status(isUp: boolean): XmlNode[] {
  const word = isUp ? 'up' : 'down'
  return [node('admin-status', word), node('oper-status', word)]
}

async function firewall(server: Server, { request }: Call): Promise<Reply> {
  const wanted = (childOf(request, 'filtername') ?? childOf(request, 'filter'))?.text
  const counted = await server.ground.counters()
  const families = ['inet', 'inet6'].map((family) => active(server)?.at('firewall', 'family', family))
  const filters = families
    .flatMap((family) => family?.all('filter') ?? [])
    .filter((filter) => wanted === undefined || nameOf(filter) === wanted)
    .map((filter) => {
      const names = filter.all('term').flatMap((term) => term.at('then')?.leafValue('count') ?? [])
      const counters = [...new Set(names)].map((name) =>
        node('counter', [
          node('counter-name', name),
          node('packet-count', `${counted.get(counterOf(nameOf(filter), name)) ?? 0}`),
        ]),
      )
      return node('filter-information', [node('filter-name', nameOf(filter)), ...counters])
    })
  return told('firewall-information', filters)
}

/** There is no BGP here: who is configured is said to be up. */
function neighbours(server: Server, { request }: Call): Reply {
  const wanted = childOf(request, 'neighbor-address')?.text
  const groups = active(server)?.at('protocols', 'bgp')?.all('group') ?? []
  const peers = groups.flatMap((group) =>
    group
      .all('neighbor')
      .filter((peer) => wanted === undefined || nameOf(peer) === wanted)
      .map((peer) =>
        node('bgp-peer', [
          node('peer-address', `${nameOf(peer)}+179`),
          node('peer-group', nameOf(group)),
          node('peer-state', 'Established'),
        ]),
      ),
  )
  return told('bgp-information', peers)
}
