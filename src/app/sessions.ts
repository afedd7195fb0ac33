import { type Granted, grantedTo } from '../domain/grant.ts'
import type { Decided } from '../ledger/ledger.ts'
import type { PersonKnown } from '../ledger/people-events.ts'
import { BY_LOGIN, type Person, type State } from '../ledger/state.ts'
import { AppError } from './app-error.ts'
import type { App } from './context.ts'
import type { Caller } from './rights.ts'
import {
  authenticate,
  type CreatedToken,
  mintToken,
  plainId,
  recordedToken,
  refuseTaken,
  revokeToken,
  unauthenticated,
} from './tokens.ts'

/** Somebody, as the identity provider has just said. */
export interface Identity {
  readonly issuer: string
  /** What the issuer calls them, never given to another (OpenID Connect Core §2). */
  readonly subject: string
  /** For people; it proves nothing. */
  readonly name: string
  readonly groups: readonly string[]
}

/** The longest name that is kept. */
const LONGEST_NAME = 200

/** What a login came to; nobody is let in whose groups give no role. */
type Opened = { readonly token: CreatedToken['token'] } | 'removed' | 'no-role'

/**
 * Lets somebody in, with the roles that their groups give them from now on: makes them known if they are not, and opens a
 * session. Who is in no group that gives a role loses what they had. Who was removed stays so, and people whom an
 * administrator added by hand are others, whatever their name.
 * @throws AppError `login-removed`, `login-no-role`
 */
export async function openSession(app: App, identity: Identity): Promise<CreatedToken> {
  const person = { id: `p${plainId(app, 6)}`, subject: subjectOf(identity) }
  const granted = grantedTo(identity.groups, app.logins.grants)
  const name = plainName(identity)
  // Minted before, as ids and secrets must not depend on how often a decision is made.
  const { event, secret } = mintToken(
    app,
    { name: 'session of a browser', roles: granted.roles, origin: 'person', until: null, session: true },
    BY_LOGIN,
  )
  const opened = await app.ledger.commit(
    (head, now): Decided<Opened> => {
      const known = personOf(head, person.subject)
      if (known?.left === true) return { events: [], answer: 'removed' }
      const is = known === undefined ? person.id : known.id
      const wanted = knownAs(is, person.subject, name, granted)
      if (granted.roles.length === 0) return { events: hasRoles(known) ? [wanted] : [], answer: 'no-role' }
      if (known === undefined && head.people.has(is))
        throw new AppError(409, 'token-exists', 'that id is taken; try again')
      refuseTaken(head, event)
      const session = { ...event, person: is, until: now + app.logins.sessionLasts }
      return {
        events: isSame(known, wanted) ? [session] : [wanted, session],
        get answer() {
          return { token: recordedToken(head, event) }
        },
      }
    },
    {
      bytes: 4_096 + 6 * JSON.stringify([identity.issuer, identity.subject, name, granted, granted]).length,
      always: false,
    },
  )
  if (opened === 'removed') throw removed()
  if (opened === 'no-role') throw noRole()
  return { token: opened.token, secret }
}

/** Without anything that is not to be shown in a line; the subject where the provider says no name. */
function plainName({ name, subject }: Identity): string {
  const plain = [name, subject]
    .map((text) => text.replaceAll(/\p{C}+/gu, ' ').trim())
    .find((text) => text !== '')
  return (plain ?? 'somebody').slice(0, LONGEST_NAME)
}

/** An issuer is an address and has no space. */
function subjectOf({ issuer, subject }: Identity): string {
  return `${issuer} ${subject}`
}

function personOf({ people }: Readonly<State>, subject: string): Person | undefined {
  return [...people.values()].find((person) => person.subject === subject)
}

function hasRoles(person: Person | undefined): boolean {
  return person !== undefined && person.roles.length > 0
}

function knownAs(person: string, subject: string, name: string, granted: Granted): PersonKnown {
  return { type: 'person.known', person, name, subject, ...granted, by: BY_LOGIN }
}

function isSame(known: Person | undefined, { name, roles, departments }: PersonKnown): boolean {
  if (known === undefined) return false
  const text = (of: Pick<Person, 'name' | 'roles' | 'departments'>): string =>
    JSON.stringify([
      of.name,
      [...of.roles].sort(),
      of.departments === undefined ? null : [...of.departments].sort(),
    ])
  return text(known) === text({ name, roles, ...(departments === undefined ? {} : { departments }) })
}

function removed(): AppError {
  return new AppError(
    403,
    'login-removed',
    'an administrator removed you here; logging in does not undo that: another administrator has to add you again',
  )
}

function noRole(): AppError {
  return new AppError(
    403,
    'login-no-role',
    'the identity provider knows you, but none of your groups has a role here; ask whoever runs Cordon which group has one',
  )
}

/** Who holds this secret of a session. @throws AppError `unauthenticated`, for the secret of another token too */
export function callerOfSession(app: App, secret: string): Caller {
  const caller = authenticate(app, secret)
  if (caller.token.session) return caller
  throw unauthenticated()
}

/** Logs out: ends the session that is used, and no other. @throws AppError `no-session` for another kind of token */
export async function closeSession(app: App, caller: Caller): Promise<void> {
  const { id, session } = caller.token
  if (!session)
    throw new AppError(
      409,
      'no-session',
      `token ${id} is no session; to end it, revoke it: DELETE /v1/tokens/${id}`,
    )
  await revokeToken(app, caller, id)
}
