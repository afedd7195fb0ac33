import type { Dialect, Holder, Step } from '../dialect.ts'
import { RpcError } from '../rpc-error.ts'
import { node } from '../xml.ts'

/** What Junos says, of locks and of places. */
export const JUNOS: Dialect = {
  isLenient: true,
  missing: 'warning',
  path: bannerOf,
  lockDenied: locked,
  inUseBy: locked,
  lockOfDirty: (by) =>
    new RpcError('lock-denied', `configuration database modified\n${databaseUser(by)}`, {
      type: 'protocol',
      info: [node('session-id', `${by.session}`)],
    }),
}

function locked(holder: Holder): RpcError {
  return new RpcError('lock-denied', `\nconfiguration database locked by:\n${databaseUser(holder)}\n`, {
    type: 'protocol',
    info: [node('session-id', `${holder.session}`)],
  })
}

/** A terminal and a process of their own make one person tell from another. */
function databaseUser({ person, session }: Holder): string {
  const terminal = session === 0 ? 'terminal pts/0' : 'netconf'
  return `  ${person} ${terminal} (pid ${10_000 + session}) on since 2026-11-20 09:12:44 UTC, idle 00:07:31\n      exclusive [edit]`
}

/** `[edit policy-options prefix-list L]`, of what the step is in. */
function bannerOf(steps: readonly Step[]): string {
  const words = steps
    .slice(1, -1)
    .flatMap(({ name, keys }) => [name === 'interface' ? '' : name, ...Object.values(keys)])
  return `[edit ${words.filter((word) => word !== '').join(' ')}]`.replace('[edit ]', '[edit]')
}
