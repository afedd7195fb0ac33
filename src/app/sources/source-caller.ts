import type { Token } from '../../ledger/state.ts'
import type { App } from '../context.ts'
import { type Caller, callerBehind } from '../rights.ts'

/** Who a source is: its token, or why it has none now. */
export type SourceCaller = Speaking | { readonly why: string }

export interface Speaking {
  readonly caller: Caller
  /** As whom it spoke before: machines whose tokens had the name. What they have opened is its to close. */
  readonly earlier: readonly Caller[]
}

/** A source is who posts with the token of this name: a machine with the role of a trigger. Of several the newest that is good. */
export function sourceCaller(app: App, name: string): SourceCaller {
  const { head } = app.ledger
  const now = app.clock.now()
  const named = [...head.tokens.values()].filter((token) => token.name === name).reverse()
  const token = named.find((one) => whyNot(one, now) === undefined)
  if (token === undefined) {
    const [latest] = named
    const why = latest === undefined ? 'there is none' : whyNot(latest, now)
    return { why: `it needs the token ${name}: ${why}; nothing is taken until there is one` }
  }
  const behind = (one: Token) => callerBehind(one, head, { now, rolesLast: app.logins.rolesLast })
  const caller = behind(token)
  if (caller === undefined) return { why: `the token ${name} is nobody's any more` }
  const earlier = named.filter((one) => one !== token && isMachine(one)).flatMap((one) => behind(one) ?? [])
  return { caller, earlier }
}

function isMachine({ origin, roles }: Token): boolean {
  return origin === 'automatic' && roles.includes('trigger')
}

function whyNot({ revoked, until, roles, origin }: Token, now: number): string | undefined {
  if (revoked) return 'it is revoked'
  if (until !== null && now >= until) return 'it is over'
  if (origin !== 'automatic') return "it is a person's, and a source is a machine"
  return roles.includes('trigger') ? undefined : 'it has not the role trigger'
}
