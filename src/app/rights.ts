import type { Origin } from '../domain/block.ts'
import type { Token } from '../ledger/state.ts'
import { AppError } from './app-error.ts'

/** Every right that a token can carry. */
export const SCOPES = [
  'blocks:read',
  'blocks:write',
  'devices:read',
  'devices:hold',
  'breaker:reset',
  'ledger:read',
  'tokens:write',
] as const

export type AccessScope = (typeof SCOPES)[number]

/** Who asks. */
export interface Caller {
  readonly token: Token
}

/** @throws AppError `forbidden`, naming the missing right */
export function requireScope(caller: Caller, scope: AccessScope): void {
  if (caller.token.scopes.includes(scope)) return
  throw new AppError(
    403,
    'forbidden',
    `this needs the right ${scope}, which token ${caller.token.id} does not carry`,
  )
}

export function originOf(caller: Caller): Origin {
  return { kind: caller.token.origin, token: caller.token.id }
}
