import { randomInt } from 'node:crypto'

/** A transaction that the monitor reports and that leaves nothing: a table that is made and deleted. */
export interface Presence {
  readonly table: string
  readonly line: string
}

/** Under a name of its own; were there such a table, `create` would fail and nothing would be deleted. */
export function presence(): Presence {
  const table = `cordon_${randomInt(2 ** 47).toString(36)}`
  return { table, line: `create table inet ${table} ; delete table inet ${table}` }
}
