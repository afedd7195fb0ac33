import { CliError, EXIT } from './exit.ts'
import { findAccess, isExposed, placeOf } from './http/access.ts'
import { Api } from './http/api.ts'
import { Connection } from './http/connection.ts'
import type { Io } from './io.ts'
import type { Output } from './output/output.ts'

/** What a command works with. */
export interface Session {
  readonly io: Io
  readonly out: Output
  /** The controller; found at the first call, as not every command needs one. */
  api(): Promise<Api>
  close(): void
}

export function openSession(io: Io, out: Output): Session {
  const opened: { api?: Promise<Api>; connection?: Connection } = {}
  const connect = async (): Promise<Api> => {
    const access = await findAccess(io)
    if (isExposed(access))
      throw new CliError(
        EXIT.auth,
        `the token would go to ${placeOf(access)} over the network unencrypted; use https`,
      )
    opened.connection = new Connection(access)
    return new Api(opened.connection, io)
  }
  return {
    io,
    out,
    api: () => (opened.api ??= connect()),
    close: () => opened.connection?.close(),
  }
}
