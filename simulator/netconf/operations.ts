import { type DataNode, xmlOf } from './data.ts'
import type { Store } from './datastores.ts'
import { applyEdit, type EditOptions } from './edit.ts'
import { BASE, badElement, errorNode, RpcError } from './rpc-error.ts'
import { holderOf, type Operations, type Server } from './server.ts'
import { type Call, OK, type Reply } from './session.ts'
import { selected } from './subtree.ts'
import { childOf, type Element, node } from './xml.ts'

/** The operations of RFC 6241 §7 and §8, each for what the profile announces. */
export const STANDARD: Operations = {
  get: async (server, { request }) =>
    dataReply(server, await server.operational(), childOf(request, 'filter')),
  'get-config': (server, { request, session }) =>
    dataReply(
      server,
      server.stores.tree(storeIn(server, request, 'source'), session.id),
      childOf(request, 'filter'),
    ),
  'edit-config': editConfig,
  'copy-config': copyConfig,
  lock(server, { request, session }) {
    server.stores.lock(storeIn(server, request, 'target'), holderOf(session))
    return OK
  },
  unlock(server, { request, session }) {
    server.stores.unlock(storeIn(server, request, 'target'), session.id)
    return OK
  },
  'discard-changes'(server, { session }) {
    mustHave(server.profile.candidate !== 'none', 'discard-changes')
    server.stores.discard(session.id)
    return OK
  },
  commit,
  async 'cancel-commit'({ profile, confirming }, { request, session }) {
    mustHave(profile.confirmedCommit === '1.1', 'cancel-commit')
    await confirming.cancel(session.id, childOf(request, 'persist-id')?.text)
    return { ...OK, hasChanged: true }
  },
  validate(server, { request, session }) {
    mustHave(server.profile.validate, 'validate')
    server.check(server.stores.tree(storeIn(server, request, 'source'), session.id))
    return OK
  },
  'close-session': () => ({ ...OK, isLast: true }),
  'kill-session': killSession,
}

/** @throws RpcError unless the device has it */
function mustHave(has: boolean, operation: string): void {
  if (!has)
    throw new RpcError('operation-not-supported', `${operation} is not supported`, { type: 'protocol' })
}

/** The datastore that an operation names. @throws RpcError when it names none that this server has */
function storeIn({ profile }: Server, request: Element, where: 'source' | 'target'): Store {
  const place = childOf(request, where)
  if (place === undefined) throw badElement('missing-element', where, `${where} is needed`)
  const [store] = place.children
  const name = store?.name
  if (name === 'running') return name
  if (name === 'candidate' && profile.candidate !== 'none') return name
  if (name === 'startup' && profile.startup) return name
  throw badElement('invalid-value', name ?? where, `no such ${where}`)
}

function dataReply({ dialect }: Server, tree: DataNode, filter: Element | undefined): Reply {
  const type = filter?.attributes.get('type') ?? filter?.attributes.get(`{${BASE}}type`) ?? 'subtree'
  if (type !== 'subtree')
    throw new RpcError('bad-attribute', `no filter of the type ${type}`, { type: 'protocol' })
  const part = filter === undefined ? tree : selected(tree, filter, dialect.isLenient)
  return { nodes: [node('data', xmlOf(part).children)] }
}

/** The answer to a change that was made, or of which something was. */
export function changeReply(told: readonly RpcError[], hasChanged: boolean): Reply {
  const isDone = told.every(({ isWarning }) => isWarning)
  return { nodes: [...told.map(errorNode), ...(isDone ? OK.nodes : [])], hasChanged }
}

async function editConfig(server: Server, { request, session }: Call): Promise<Reply> {
  const { stores, dialect, profile } = server
  const store = storeIn(server, request, 'target')
  const config = childOf(request, 'config')
  if (config === undefined) throw badElement('missing-element', 'config', 'config is needed')
  const options = editOptions(request, session.isBase11)
  const change = (tree: DataNode): RpcError[] => applyEdit(tree, config, dialect, options)
  if (childOf(request, 'test-option')?.text === 'test-only') {
    const tree = stores.tree(store, session.id).clone()
    const told = change(tree)
    server.check(tree)
    return changeReply(told, false)
  }
  if (store !== 'running') return changeReply(stores.edit(store, holderOf(session), change), false)
  mustHave(profile.writableRunning, 'to edit running')
  return changeReply(await stores.editRunning(holderOf(session), change), true)
}

function editOptions(request: Element, isBase11: boolean): EditOptions {
  const operation = childOf(request, 'default-operation')?.text ?? 'merge'
  const onError = childOf(request, 'error-option')?.text ?? 'stop-on-error'
  if (operation !== 'merge' && operation !== 'replace' && operation !== 'none')
    throw badElement('invalid-value', 'default-operation', `no default-operation ${operation}`)
  if (!['stop-on-error', 'continue-on-error', 'rollback-on-error'].includes(onError))
    throw badElement('invalid-value', 'error-option', `no error-option ${onError}`)
  return {
    defaultOperation: operation,
    continuesOnError: onError === 'continue-on-error',
    knowsRemove: isBase11,
  }
}

/** Between the datastores, or from a `<config>` into one of them. */
async function copyConfig(server: Server, { request, session }: Call): Promise<Reply> {
  const { stores, dialect, profile } = server
  const target = storeIn(server, request, 'target')
  const config = childOf(childOf(request, 'source') ?? request, 'config')
  const source = stores.empty()
  if (config) applyEdit(source, config, dialect)
  const tree = config ? source : stores.tree(storeIn(server, request, 'source'), session.id)
  if (target === 'startup') {
    stores.copyToStartup(tree)
    return OK
  }
  const change = (held: DataNode): RpcError[] => {
    held.children.clear()
    for (const child of tree.clone().children.values()) held.add(child)
    return []
  }
  if (target === 'candidate') return changeReply(stores.edit(target, holderOf(session), change), false)
  mustHave(profile.writableRunning, 'to copy into running')
  return changeReply(await stores.editRunning(holderOf(session), change), true)
}

/** ms that a confirmed commit waits (RFC 6241 §8.4.1) */
const CONFIRM_S = 600

async function commit({ profile, confirming }: Server, { request, session }: Call): Promise<Reply> {
  mustHave(profile.candidate !== 'none', 'commit')
  const isConfirmed = childOf(request, 'confirmed') !== undefined
  if (isConfirmed) mustHave(profile.confirmedCommit !== 'none', 'a confirmed commit')
  const [persist, persistId] = ['persist', 'persist-id'].map((name) => childOf(request, name)?.text)
  if (persist !== undefined || persistId !== undefined) mustHave(profile.confirmedCommit === '1.1', 'persist')
  const seconds = Number(childOf(request, 'confirm-timeout')?.text ?? CONFIRM_S)
  if (!Number.isInteger(seconds) || seconds < 1)
    throw badElement('invalid-value', 'confirm-timeout', 'confirm-timeout must be a number of seconds')
  await confirming.commit({
    session: session.id,
    isConfirmed,
    timeoutMs: seconds * 1_000,
    persist,
    persistId,
  })
  return { ...OK, hasChanged: true }
}

function killSession({ sessions }: Server, { request, session }: Call): Reply {
  const id = childOf(request, 'session-id')?.text ?? ''
  const other = sessions.get(Number(id))
  if (other === undefined || other === session) {
    const info = [node('bad-element', 'session-id'), node('bad-value', id)]
    throw new RpcError('invalid-value', 'no such session, or your own', { type: 'protocol', info })
  }
  other.kill()
  return OK
}
