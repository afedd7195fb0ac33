import type {
  Attachment,
  Filter,
  FilterModel,
  Match,
  PortRange,
  Prefixes,
  Term,
} from '../../configured/filters.ts'
import { ICMP, TCP, UDP } from '../../configured/filters.ts'
import type { DataNode } from '../data.ts'
import { badElement, RpcError, RpcErrors } from '../rpc-error.ts'

type Family = 4 | 6

/** The families that an ACL is about, by its type (RFC 8519 §4.1); without one, those that its ACEs name. */
const FAMILIES: Readonly<Record<string, readonly Family[]>> = {
  'ipv4-acl-type': [4],
  'ipv6-acl-type': [6],
  'mixed-eth-ipv4-ipv6-acl-type': [4, 6],
}

/** The packets of an ACE, where its statistics are found. */
export function counterOf(acl: string, ace: string): string {
  return `${acl}/${ace}`
}

/** @throws RpcErrors for ACEs without an action, and ACLs that are attached and not there */
export function compileAcls(active: DataNode): FilterModel {
  const acls = active.child('acls')
  const all = new Map((acls?.all('acl') ?? []).map((acl) => [acl.leafValue('name') ?? '', acl] as const))
  const errors = [...all.values()].flatMap(errorsOf)
  const attachments = (acls?.at('attachment-points')?.all('interface') ?? []).flatMap((at) =>
    (['ingress', 'egress'] as const).flatMap((way) => attachmentsOf(at, way, all, errors)),
  )
  if (errors.length > 0) throw new RpcErrors(errors)
  const down = (active.child('interfaces')?.all('interface') ?? [])
    .filter((one) => one.leafValue('enabled') === 'false')
    .map((one) => one.leafValue('name') ?? '')
  return { lists: new Map(), attachments, down }
}

function errorsOf(acl: DataNode): RpcError[] {
  return (acl.at('aces')?.all('ace') ?? [])
    .filter((ace) => ace.at('actions', 'forwarding') === undefined)
    .map((ace) =>
      badElement(
        'missing-element',
        'forwarding',
        'an ACE needs an action',
        pathOf(acl.leafValue('name'), ace.leafValue('name')),
      ),
    )
}

function pathOf(acl = '', ace = ''): string {
  return `/acls/acl[name='${acl}']/aces/ace[name='${ace}']/actions`
}

function attachmentsOf(
  at: DataNode,
  way: 'ingress' | 'egress',
  acls: ReadonlyMap<string, DataNode>,
  errors: RpcError[],
): Attachment[] {
  const sets = at.at(way, 'acl-sets')?.all('acl-set') ?? []
  const named = sets.flatMap((set) => {
    const name = set.leafValue('name') ?? ''
    const acl = acls.get(name)
    if (acl === undefined) errors.push(missing(name))
    return acl === undefined ? [] : [[name, acl] as const]
  })
  return ([4, 6] as const).flatMap((family): Attachment[] => {
    const filters = named
      .filter(([, acl]) => isAbout(acl, family))
      .map(([name, acl]) => filterOf(name, acl, family))
    if (filters.length === 0) return []
    const direction = way === 'ingress' ? 'in' : 'out'
    return [{ interface: at.leafValue('interface-id') ?? '', direction, family, filters, otherwise: 'drop' }]
  })
}

function missing(name: string): RpcError {
  return new RpcError('data-missing', `there is no ACL ${name}`, {
    appTag: 'instance-required',
    path: `/acls/attachment-points//acl-set[name='${name}']`,
  })
}

function isAbout(acl: DataNode, family: Family): boolean {
  const type = acl.leafValue('type')
  if (type !== undefined) return FAMILIES[type]?.includes(family) ?? false
  return (acl.at('aces')?.all('ace') ?? []).some((ace) => isAceAbout(ace, family))
}

function isAceAbout(ace: DataNode, family: Family): boolean {
  return ace.at('matches', `ipv${family === 4 ? 6 : 4}`)?.isThere !== true
}

function filterOf(name: string, acl: DataNode, family: Family): Filter {
  const aces = (acl.at('aces')?.all('ace') ?? []).filter((ace) => isAceAbout(ace, family))
  return { name, terms: aces.map((ace) => termOf(name, ace, family)) }
}

function termOf(acl: string, ace: DataNode, family: Family): Term {
  const isAccepted = ace.at('actions', 'forwarding')?.value === 'accept'
  return {
    match: matchOf(ace.at('matches'), family),
    verdict: isAccepted ? 'accept' : 'drop',
    counter: counterOf(acl, ace.leafValue('name') ?? ''),
  }
}

function matchOf(matches: DataNode | undefined, family: Family): Match {
  const ip = matches?.child(`ipv${family}`)
  const protocol = ip?.leafValue('protocol')
  const transport = matches?.child('tcp') ?? matches?.child('udp')
  const icmp = matches?.child('icmp')
  const named = [
    ...(protocol === undefined ? [] : [Number(protocol)]),
    ...(transport === undefined ? [] : [transport.name === 'tcp' ? TCP : UDP]),
    ...(icmp === undefined ? [] : [ICMP[family]]),
  ]
  const type = icmp?.leafValue('type')
  return {
    ...field('sources', networkOf(ip?.leafValue(`source-ipv${family}-network`))),
    ...field('destinations', networkOf(ip?.leafValue(`destination-ipv${family}-network`))),
    // two that disagree match nothing
    ...field(
      'protocols',
      named.length === 0 ? undefined : new Set(named).size === 1 ? named.slice(0, 1) : [],
    ),
    ...field('sourcePorts', portsOf(transport?.child('source-port'))),
    ...field('destinationPorts', portsOf(transport?.child('destination-port'))),
    ...field('icmpTypes', type === undefined ? undefined : [Number(type)]),
  }
}

function field<K extends keyof Match>(name: K, value: Match[K]): Pick<Match, K> | Record<string, never> {
  return value === undefined ? {} : ({ [name]: value } as Pick<Match, K>)
}

function networkOf(prefix: string | undefined): Prefixes | undefined {
  return prefix === undefined ? undefined : { prefixes: [prefix] }
}

const MOST = 65_535

function portsOf(port: DataNode | undefined): readonly PortRange[] | undefined {
  if (port?.isThere !== true) return undefined
  const lower = port.leafValue('lower-port')
  if (lower !== undefined) return [[Number(lower), Number(port.leafValue('upper-port') ?? MOST)]]
  const number = Number(port.leafValue('port') ?? 0)
  const before: PortRange[] = number > 0 ? [[0, number - 1]] : []
  const after: PortRange[] = number < MOST ? [[number + 1, MOST]] : []
  switch (port.leafValue('operator')) {
    case 'neq':
      return [...before, ...after]
    case 'lte':
      return [[0, number]]
    case 'gte':
      return [[number, MOST]]
    default:
      return [[number, number]]
  }
}
