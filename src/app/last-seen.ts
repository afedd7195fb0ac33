import { isIdentity, type Target } from '../domain/target.ts'
import type { Binding } from '../inventory/binding.ts'
import { BindingsUnavailable } from '../inventory/binding-book.ts'
import type { App } from './context.ts'
import { recordRead } from './record-read.ts'
import type { Caller } from './rights.ts'

/** Of one account or station. */
const MOST_SHOWN = 10

/**
 * Where an account or a station was last, the latest first, for who may see that; it is on record before it is shown. Nothing
 * where it cannot be told: a block does not wait for it.
 */
export async function lastSeen(app: App, caller: Caller, target: Target): Promise<readonly Binding[]> {
  const maySee = caller.scopes.has('evidence:read') && caller.departments === undefined
  if (!isIdentity(target) || !maySee) return []
  const by = target.kind === 'account' ? ('user' as const) : ('mac' as const)
  try {
    const all = await app.leases.book.ofHolder({ by, name: target.name })
    if (all.length === 0) return []
    await recordRead(app, caller, 'bindings', { words: `${by}=${target.name}` })
    const latest = (one: Binding): number => one.until ?? Number.POSITIVE_INFINITY
    return [...all].sort((a, b) => latest(b) - latest(a) || b.from - a.from).slice(0, MOST_SHOWN)
  } catch (error) {
    if (error instanceof BindingsUnavailable) return []
    throw error
  }
}
