import { isIdentity, type Target } from '../domain/target.ts'
import { ancestorsOf } from './department-tree.ts'
import type { Inventory } from './inventory.ts'

/** An account of another organisation: it lives there, and cannot be locked here. */
export function isVisitor({ accounts }: Pick<Inventory, 'accounts'>, target: Target): boolean {
  return target.kind === 'account' && !accounts.isOwn(target.name)
}

/** The department of an account and those that it is a part of; none of what is no account. */
export function departmentsOfIdentity(
  { accounts, departments }: Pick<Inventory, 'accounts' | 'departments'>,
  target: Target,
): readonly string[] {
  const name = isIdentity(target) ? accounts.departmentOf(target) : undefined
  return name === undefined ? [] : [name, ...ancestorsOf(departments, name)]
}
