import assert from 'node:assert/strict'
import { parsePrefix } from '../../src/domain/prefix.ts'
import type { InventoryLists } from '../../src/inventory/inventory.ts'

export const DEPARTMENTS = ['physics', 'law', 'music', 'dentistry'] as const

/** The address of a department's IT support. */
export function itOf(department: string): string {
  return `it@${department}.example`
}

/** Four departments of 4,096 addresses each, and their IT support. */
export function fourDepartments(lists: InventoryLists): InventoryLists {
  return {
    ...lists,
    protected: [],
    contacts: DEPARTMENTS.map((name) => ({ name: `IT of ${name}`, mail: itOf(name) })),
    departments: DEPARTMENTS.map((name, at) => ({
      name,
      prefixes: [parsePrefix(`10.10.${16 * (at + 1)}.0/20`)],
      users: 5_000,
      itss: [`IT of ${name}`],
    })),
  }
}

/** A host of the department at this place of the list. */
export function hostOf(department: number, index: number): string {
  return `10.10.${16 * (department + 1) + (index >> 8)}.${index & 255}`
}

/** What a mail about many blocks says: how many began, changed and ended, its lines (`12 began`), and how many more. */
export function figuresIn(mail: string) {
  const all = /Subject: \[Cordon\] Blocks: (\d+) began, (\d+) changed, (\d+) ended/.exec(mail)
  assert.ok(all !== null, mail)
  const [began = 0, changed = 0, ended = 0] = all.slice(1).map(Number)
  const lines = [...mail.matchAll(/^- Cordon#(\d+) (began|changed|ended)/gm)]
  const more = Number(/^And (\d+) more/m.exec(mail)?.[1] ?? 0)
  return { began, changed, ended, more, lines: lines.map(([, id, what]) => `${id} ${what}`) }
}
