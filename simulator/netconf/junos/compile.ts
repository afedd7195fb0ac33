import {
  type Attachment,
  type Filter,
  type FilterModel,
  ICMP,
  type Match,
  type PortRange,
  type Prefixes,
  type Term,
} from '../../configured/filters.ts'
import type { DataNode } from '../data.ts'
import { RpcError, RpcErrors } from '../rpc-error.ts'
import { node } from '../xml.ts'
import { PORTS, PROTOCOLS } from './schema.ts'

type Family = 4 | 6
const FAMILIES = [
  [4, 'inet'],
  [6, 'inet6'],
] as const

/** Where `show firewall` finds the packets of a term. */
export function counterOf(filter: string, counter: string): string {
  return `${filter}/${counter}`
}

/**
 * A filter, or a list of filters one after the other, ends by discarding what no term decided. A prefix list without
 * prefixes matches nothing.
 * @throws RpcErrors for names of filters and prefix lists that are not there
 */
export function compileJunos(active: DataNode): FilterModel {
  const configuration = active.child('configuration')
  const lists = new Map(
    (configuration?.at('policy-options')?.all('prefix-list') ?? []).map((one) => [
      nameOf(one),
      one.all('prefix-list-item').map(nameOf),
    ]),
  )
  const errors: RpcError[] = []
  const ports = configuration?.at('interfaces')?.all('interface') ?? []
  const compiling = { lists, errors }
  const filters = { 4: filtersOf(configuration, 4, compiling), 6: filtersOf(configuration, 6, compiling) }
  const attachments = ports.flatMap((port) =>
    port
      .all('unit')
      .flatMap((unit) =>
        FAMILIES.flatMap(([family, word]) =>
          attachmentsOf(port, unit, family, unit.at('family', word), filters[family], errors),
        ),
      ),
  )
  if (errors.length > 0) throw new RpcErrors(errors)
  return { lists, attachments, down: ports.filter(isDown).map(nameOf) }
}

function isDown(port: DataNode): boolean {
  return (
    port.child('disable') !== undefined ||
    port.all('unit').some((unit) => nameOf(unit) === '0' && unit.child('disable'))
  )
}

interface Compiling {
  readonly lists: ReadonlyMap<string, readonly string[]>
  readonly errors: RpcError[]
}

function nameOf(one: DataNode): string {
  return one.leafValue('name') ?? ''
}

function filtersOf(configuration: DataNode | undefined, family: Family, at: Compiling): Map<string, Filter> {
  const word = family === 4 ? 'inet' : 'inet6'
  const all = configuration?.at('firewall', 'family', word)?.all('filter') ?? []
  return new Map(
    all.map((filter) => {
      const name = nameOf(filter)
      const terms = filter.all('term').map((term) => {
        const path = `[edit firewall family ${word} filter ${name} term ${nameOf(term)} from]`
        return termOf(name, term, family, (list) => mustBeThere(at, list, path))
      })
      return [name, { name, terms }]
    }),
  )
}

function mustBeThere({ lists, errors }: Compiling, name: string, path: string): void {
  if (lists.has(name)) return
  const message = `Referenced prefix-list '${name}' is not defined`
  errors.push(
    new RpcError('operation-failed', message, { type: 'protocol', path, info: [node('bad-element', name)] }),
  )
}

function termOf(filter: string, term: DataNode, family: Family, refer: (list: string) => void): Term {
  const then = term.child('then')
  const counter = then?.leafValue('count')
  const drops = then?.child('discard') !== undefined || then?.child('reject') !== undefined
  // an action that only modifies, or none, accepts: https://www.juniper.net, "Firewall Filter Terminating Actions"
  const verdict = drops ? 'drop' : then?.child('next') === undefined ? 'accept' : 'next'
  return {
    match: matchOf(term.child('from'), family, refer),
    verdict,
    ...(counter === undefined ? {} : { counter: counterOf(filter, counter) }),
  }
}

function matchOf(from: DataNode | undefined, family: Family, refer: (list: string) => void): Match {
  if (from === undefined) return {}
  const protocols = ['protocol', 'next-header', 'payload-protocol'].flatMap((name) => from.values(name))
  const types = from.values('icmp-type')
  const icmp = types.length > 0 && protocols.length === 0 ? [ICMP[family]] : []
  const numbers = [...protocols.map((word) => PROTOCOLS[word] ?? Number(word)), ...icmp]
  const side = (name: string): Prefixes | undefined => {
    const lists = from.all(`${name}-prefix-list`).map(nameOf)
    for (const list of lists) refer(list)
    const prefixes = from.all(`${name}-address`).map(nameOf)
    return lists.length + prefixes.length === 0 ? undefined : { lists, prefixes }
  }
  const [sources, destinations] = [side('source'), side('destination')]
  const [sourcePorts, destinationPorts] = [
    portsOf(from.values('source-port')),
    portsOf(from.values('destination-port')),
  ]
  return {
    ...(sources && { sources }),
    ...(destinations && { destinations }),
    ...(numbers.length > 0 && { protocols: numbers }),
    ...(sourcePorts.length > 0 && { sourcePorts }),
    ...(destinationPorts.length > 0 && { destinationPorts }),
    ...(types.length > 0 && { icmpTypes: types.map(Number) }),
  }
}

function portsOf(words: readonly string[]): PortRange[] {
  return words.map((word) => {
    const [low = 0, high = low] = word.split('-').map((end) => PORTS[end] ?? Number(end))
    return [low, high]
  })
}

/** A unit other than 0 is a VLAN, which has an interface of its own. */
function attachmentsOf(
  port: DataNode,
  unit: DataNode,
  family: Family,
  settings: DataNode | undefined,
  filters: ReadonlyMap<string, Filter>,
  errors: RpcError[],
): Attachment[] {
  const number = nameOf(unit)
  const name = number === '0' ? nameOf(port) : `${nameOf(port)}.${number}`
  return (['input', 'output'] as const).flatMap((way): Attachment[] => {
    const single = settings?.at('filter', way)?.leafValue('filter-name')
    const names = [
      ...(single === undefined ? [] : [single]),
      ...(settings?.at('filter')?.values(`${way}-list`) ?? []),
    ]
    if (names.length === 0) return []
    const found = names.flatMap((one) => filters.get(one) ?? notThere(one, nameOf(port), number, errors))
    return [
      {
        interface: name,
        direction: way === 'input' ? 'in' : 'out',
        family,
        filters: found,
        otherwise: 'drop',
      },
    ]
  })
}

function notThere(filter: string, port: string, unit: string, errors: RpcError[]): Filter[] {
  const path = `[edit interfaces ${port} unit ${unit} family]`
  const message = `Referenced filter '${filter}' is not defined`
  errors.push(
    new RpcError('operation-failed', message, {
      type: 'protocol',
      path,
      info: [node('bad-element', filter)],
    }),
  )
  return []
}
