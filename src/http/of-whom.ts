import type { App } from '../app/context.ts'

/** Name of the person whose token this is, of a machine the token's own; nothing where nobody knows the token. */
export function ofWhom({ ledger }: Pick<App, 'ledger'>, id: string): { readonly name?: string } {
  const { tokens, people } = ledger.head
  const token = tokens.get(id)
  if (token === undefined) return {}
  const person = token.person === undefined ? undefined : people.get(token.person)
  return { name: person?.name ?? token.name }
}
