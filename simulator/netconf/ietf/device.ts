import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import type { Device, DeviceMaker, Ground } from '../../configured/device.ts'
import { DataNode } from '../data.ts'
import { inUse } from '../datastores.ts'
import type { Dialect, Holder, Step } from '../dialect.ts'
import { NetconfDevice, readable } from '../netconf-device.ts'
import { FULL, Profile } from '../profile.ts'
import { RpcError } from '../rpc-error.ts'
import { type Element, node, parseXml, plainElement } from '../xml.ts'
import { compileAcls, counterOf } from './compile.ts'
import { ACL, SCHEMA } from './schema.ts'

const Options = Type.Object(
  {
    /** what differs from a server that can do everything but write running */
    profile: Type.Optional(Type.Partial(Profile)),
    /** left out: replies differ in all that means nothing */
    varies: Type.Optional(Type.Boolean()),
    /** how the lock of a candidate that holds somebody's changes is refused; servers do not agree */
    dirtyLock: Type.Optional(Type.Union([Type.Literal('resource-denied'), Type.Literal('lock-denied')])),
  },
  { additionalProperties: false },
)

const isOptions = new Ajv().compile<Static<typeof Options>>(Options)

/** A router with the models of the IETF: ACLs (RFC 8519), interfaces (RFC 8343), the clock (RFC 7317). */
export const ietfRouter: DeviceMaker = (ground, options): Device => {
  if (!isOptions(options)) throw new Error(`options: ${isOptions.errors?.[0]?.message ?? 'do not fit'}`)
  return new NetconfDevice({
    ground,
    profile: { ...FULL, ...options.profile },
    schema: SCHEMA,
    dialect: dialectWith(options.dirtyLock ?? 'resource-denied'),
    capabilities: [`${ACL}?module=ietf-access-control-list&revision=2019-03-04`],
    operations: {},
    varies: options.varies ?? true,
    declaresXml: true,
    beforeHello: '',
    replyAttributes: {},
    confirmedByAnyone: false,
    compile: compileAcls,
    addState: (running) => withState(ground, running),
    read: configIn,
    write: readable,
  })
}

function dialectWith(dirtyLock: 'resource-denied' | 'lock-denied'): Dialect {
  const denied = (tag: string, holder: Holder, message: string): RpcError =>
    new RpcError(tag, message, { type: 'protocol', info: [node('session-id', `${holder.session}`)] })
  return {
    isLenient: false,
    missing: 'error',
    path: pathOf,
    lockDenied: (holder) => denied('lock-denied', holder, 'lock denied'),
    inUseBy: (holder) =>
      holder.session === 0
        ? denied('lock-denied', holder, 'lock denied')
        : inUse('somebody else has the lock'),
    lockOfDirty: (by) => denied(dirtyLock, by, 'the candidate has changes that are not committed'),
  }
}

function pathOf(steps: readonly Step[]): string {
  return steps
    .map(({ name, keys }) => {
      const predicates = Object.entries(keys).map(([key, value]) => `[${key}='${value}']`)
      return `/${name}${predicates.join('')}`
    })
    .join('')
}

/** A `<config>`, or what stands in one. */
function configIn(text: string): Element {
  if (text.trim() === '') return plainElement('config')
  const root = parseXml(text)
  return root.name === 'config' || root.name === 'data' ? root : plainElement('config', { children: [root] })
}

async function withState(ground: Ground, tree: DataNode): Promise<DataNode> {
  const counters = await ground.counters()
  for (const acl of tree.child('acls')?.all('acl') ?? []) {
    for (const ace of acl.at('aces')?.all('ace') ?? []) {
      const count = counters.get(counterOf(acl.leafValue('name') ?? '', ace.leafValue('name') ?? ''))
      if (count !== undefined) setLeaf(ace, ['statistics', 'matched-packets'], `${count}`)
    }
  }
  setLeaf(tree, ['system-state', 'clock', 'current-datetime'], dateTime(ground.now()))
  setLeaf(tree, ['system-state', 'clock', 'boot-datetime'], dateTime(ground.bootedAt()))
  return tree
}

function dateTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '+00:00')
}

/** Sets a leaf, and makes the containers on the way to it. */
function setLeaf(tree: DataNode, path: readonly string[], value: string): void {
  let at = tree
  for (const name of path) {
    const schema = 'children' in at.schema ? at.schema.children[name] : undefined
    if (schema === undefined) throw new Error(`the schema has no ${path.join('/')}`)
    const next = at.child(name) ?? new DataNode(name, schema)
    at.add(next)
    at = next
  }
  at.value = value
}
