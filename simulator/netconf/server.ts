import type { Ground } from '../configured/device.ts'
import type { Confirming } from './confirming.ts'
import type { DataNode } from './data.ts'
import type { Datastores } from './datastores.ts'
import type { Dialect, Holder } from './dialect.ts'
import type { Profile } from './profile.ts'
import type { Call, Reply, Session } from './session.ts'

/** All that an operation can reach. */
export interface Server {
  readonly ground: Ground
  readonly profile: Profile
  readonly dialect: Dialect
  readonly stores: Datastores
  readonly confirming: Confirming
  readonly sessions: ReadonlyMap<number, Session>
  /** Whether it could run. @throws RpcErrors */
  check(tree: DataNode): void
  /** What runs, with the state of the device beside it. */
  operational(): Promise<DataNode>
}

/** @throws RpcErrors */
export type Operate = (server: Server, call: Call) => Promise<Reply> | Reply

export type Operations = Readonly<Record<string, Operate>>

export function holderOf({ id, user }: Session): Holder {
  return { session: id, person: user }
}
