import type { DataNode } from '../data.ts'
import { xmlOf } from '../data.ts'
import { applyEdit } from '../edit.ts'
import { changeReply } from '../operations.ts'
import { BASE, badElement, errorNode, RpcError, rpcErrorsOf } from '../rpc-error.ts'
import { holderOf, type Operations, type Server } from '../server.ts'
import { type Call, OK, type Reply } from '../session.ts'
import { selected } from '../subtree.ts'
import { childOf, type Element, node, plainElement, type XmlNode } from '../xml.ts'
import { BadLine, editsOf } from './set-lines.ts'

export interface ConfigurationRpcs {
  /** as commits name them: one, or two */
  readonly routingEngines: readonly string[]
  /** ms of what a client calls a minute */
  readonly minuteMs: number
}

/** How Junos reads, changes and commits its configuration, beside NETCONF's own operations. */
export function configurationRpcs(settings: ConfigurationRpcs): Operations {
  return {
    'open-configuration': openConfiguration,
    'close-configuration'({ stores }, { session }) {
      stores.closePrivate(session.id)
      return OK
    },
    'lock-configuration'({ stores }, { session }) {
      stores.lock('candidate', holderOf(session))
      return OK
    },
    'unlock-configuration'({ stores }, { session }) {
      stores.unlock('candidate', session.id)
      return OK
    },
    'load-configuration': loadConfiguration,
    'commit-configuration': (server, call) => commitConfiguration(server, call, settings),
    'get-configuration': getConfiguration,
  }
}

function openConfiguration({ stores }: Server, { request, session }: Call): Reply {
  if (childOf(request, 'private') === undefined)
    throw new RpcError('operation-not-supported', 'only private is simulated', { type: 'protocol' })
  const locked = stores.holderOf('candidate')
  if (stores.hasPrivate(session.id) || locked?.session === session.id)
    throw new RpcError('operation-failed', 'configuration is already open', { type: 'protocol' })
  stores.openPrivate(session.id)
  const warning = new RpcError('operation-failed', 'uncommitted changes will be discarded on exit', {
    type: 'protocol',
    severity: 'warning',
  })
  return changeReply([warning], false)
}

/** Lines of commands are taken one by one; a document whole, or not at all. */
function loadConfiguration(server: Server, call: Call): Reply {
  const { request, session } = call
  const { stores, dialect } = server
  const edits = editsIn(request)
  const errors: RpcError[] = []
  for (const edit of edits) {
    try {
      errors.push(
        ...stores.edit('candidate', holderOf(session), (tree: DataNode) => applyEdit(tree, edit, dialect)),
      )
    } catch (error) {
      errors.push(...rpcErrorsOf(error))
    }
  }
  return loadReply(server, errors)
}

function loadReply({ ground }: Server, errors: readonly RpcError[]): Reply {
  const count = errors.filter(({ isWarning }) => !isWarning).length
  // both are seen, by release and protocol
  const success = node(ground.random() < 0.5 ? 'load-success' : 'ok')
  const end = count === 0 ? success : node('load-error-count', `${count}`)
  return { nodes: [node('load-configuration-results', [...errors.map(errorNode), end])] }
}

/** @throws RpcError for an action or a format that is not simulated */
function editsIn(request: Element): Element[] {
  const action = request.attributes.get('action') ?? 'merge'
  const [content] = request.children
  if (action === 'set' && content?.name === 'configuration-set') {
    try {
      return editsOf(content.text)
    } catch (error) {
      if (error instanceof BadLine) throw badElement('unknown-element', 'configuration-set', error.message)
      throw error
    }
  }
  if (content?.name !== 'configuration' || !['merge', 'override', 'replace'].includes(action))
    throw new RpcError('operation-not-supported', `no load of ${action} ${content?.name ?? 'nothing'}`, {
      type: 'protocol',
    })
  if (action !== 'override') return [plainElement('config', { children: [content] })]
  const attributes = new Map([...content.attributes, [`{${BASE}}operation`, 'replace']])
  return [plainElement('config', { children: [{ ...content, attributes }] })]
}

async function commitConfiguration(
  server: Server,
  { request, session }: Call,
  settings: ConfigurationRpcs,
): Promise<Reply> {
  const { stores, confirming } = server
  const isCheck = childOf(request, 'check') !== undefined
  const minutes = Number(childOf(request, 'confirm-timeout')?.text ?? 10)
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 65_535)
    throw badElement('invalid-value', 'confirm-timeout', 'confirm-timeout is a number of minutes')
  try {
    if (isCheck) server.check(stores.proposed(session.id))
    else
      await confirming.commit({
        session: session.id,
        isConfirmed: childOf(request, 'confirmed') !== undefined,
        timeoutMs: minutes * settings.minuteMs,
        persist: undefined,
        persistId: undefined,
      })
  } catch (error) {
    const [engine = ''] = settings.routingEngines
    return { nodes: [node('commit-results', [engineNode(engine, rpcErrorsOf(error).map(errorNode))])] }
  }
  return commitReply(server, isCheck, settings)
}

function commitReply({ ground }: Server, isCheck: boolean, { routingEngines }: ConfigurationRpcs): Reply {
  const success = isCheck ? 'commit-check-success' : 'commit-success'
  const results = node(
    'commit-results',
    routingEngines.map((name) => engineNode(name, [node(success)])),
  )
  const output = node('output', isCheck ? 'configuration check succeeds' : 'commit complete')
  const [hasOutput, hasOk] = [ground.random() < 0.3, ground.random() < 0.7]
  return {
    nodes: [results, ...(hasOutput ? [output] : []), ...(hasOk ? OK.nodes : [])],
    hasChanged: !isCheck,
  }
}

function engineNode(name: string, content: readonly XmlNode[]): XmlNode {
  return node('routing-engine', [node('name', name), ...content], {
    attributes: { 'junos:style': 'show-name' },
  })
}

function getConfiguration({ stores, ground }: Server, { request, session }: Call): Reply {
  const format = request.attributes.get('format') ?? 'xml'
  if (format !== 'xml')
    throw new RpcError('operation-not-supported', `no configuration as ${format}`, { type: 'protocol' })
  const database = request.attributes.get('database') ?? 'candidate'
  const tree = stores.tree(database === 'committed' ? 'running' : 'candidate', session.id)
  const filter = childOf(request, 'configuration')
  const part =
    filter === undefined ? tree : selected(tree, plainElement('filter', { children: [filter] }), true)
  const configuration = xmlOf(part).children?.[0] ?? node('configuration')
  const at = `${Math.floor(ground.now() / 1_000)}`
  const kind = database === 'committed' ? 'junos:commit-seconds' : 'junos:changed-seconds'
  return { nodes: [{ ...configuration, attributes: { ...configuration.attributes, [kind]: at } }] }
}
