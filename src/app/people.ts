import { BOUND_ROLES, MACHINE_ROLES, PEOPLE_ROLES, type Role } from '../domain/role.ts'
import { LOCAL, type Person } from '../ledger/state.ts'
import { AppError, notFound } from './app-error.ts'
import type { App } from './context.ts'
import { type Caller, originOf } from './rights.ts'
import { plainId } from './tokens.ts'
import { requireRight } from './use-cases.ts'

/** What a person may do and see. */
export interface PersonRoles {
  readonly name: string
  readonly roles: readonly Role[]
  /** Departments that they are bound to. */
  readonly departments?: readonly string[]
}

export async function listPeople(app: App, caller: Caller): Promise<Person[]> {
  requireRight(caller, 'listPeople')
  await app.ledger.settled()
  return [...app.ledger.head.people.values()]
}

/** @throws AppError `invalid`, `forbidden` */
export async function addPerson(app: App, caller: Caller, wanted: PersonRoles): Promise<Person> {
  requireRight(caller, 'addPerson')
  return recordPerson(app, `p${plainId(app, 6)}`, wanted, originOf(caller).token)
}

/** What is to be different about a person. */
export interface PersonChange extends Partial<PersonRoles> {
  /** Adds again one who was removed; what they held before stays revoked. */
  readonly left?: false
}

/**
 * Gives a person other roles, at once for all of their tokens and sessions. Of one whom the identity provider knows, the
 * next login says again what they may do.
 * @throws AppError `not-found`, also for one who was removed unless the change says `left: false`; `invalid`, `forbidden`
 */
export async function changePerson(
  app: App,
  caller: Caller,
  id: string,
  change: PersonChange,
): Promise<Person> {
  requireRight(caller, 'changePerson')
  const again = change.left === false
  const person = knownPerson(app, id, again)
  if (id === caller.person?.id)
    throw new AppError(403, 'forbidden', 'nobody gives roles to themselves; another administrator has to')
  const { name, subject, roles, departments } = { ...person, ...change }
  const wanted = { name, roles, ...(departments === undefined ? {} : { departments }) }
  return recordPerson(
    app,
    id,
    { ...wanted, ...(subject === undefined ? {} : { subject }) },
    originOf(caller).token,
    // Somebody else may remove the person just now.
    () => void knownPerson(app, id, again),
  )
}

/** Ends everything that a person may do. @throws AppError `not-found`, `forbidden` */
export async function removePerson(app: App, caller: Caller, id: string): Promise<void> {
  requireRight(caller, 'removePerson')
  const { id: person } = knownPerson(app, id)
  const event = { type: 'person.left' as const, person, by: originOf(caller).token }
  await app.ledger.commit(() => ({ events: [event], answer: undefined }), { bytes: 512, always: true })
}

function knownPerson(app: App, id: string, orRemoved = false): Person {
  const person = app.ledger.head.people.get(id)
  if (person === undefined || (person.left && !orRemoved)) throw notFound(`person '${id}'`)
  if (id === LOCAL.id)
    throw new AppError(
      403,
      'forbidden',
      'whoever runs the controller may do everything; that cannot be changed here',
    )
  return person
}

/** Records what is known of a person, unless `check` throws by then. @throws AppError `invalid` */
async function recordPerson(
  app: App,
  id: string,
  wanted: PersonRoles & { readonly subject?: string },
  by: string,
  check: () => void = () => {},
): Promise<Person> {
  refuseRoles(app, wanted)
  return app.ledger.commit(
    (head) => {
      check()
      return {
        events: [{ type: 'person.known' as const, person: id, ...wanted, by }],
        get answer() {
          const person = head.people.get(id)
          if (person === undefined)
            throw new Error(`person ${id} is not in the head right after being recorded`)
          return person
        },
      }
    },
    { bytes: 2_048 + 6 * JSON.stringify(wanted).length, always: false },
  )
}

function refuseRoles(app: App, { roles, departments }: PersonRoles): void {
  const wrong = roles.find((role) => MACHINE_ROLES.includes(role))
  if (wrong !== undefined)
    throw new AppError(
      400,
      'invalid',
      `roles: ${wrong} is for machines; known are ${PEOPLE_ROLES.join(', ')}`,
      {
        path: 'roles',
      },
    )
  const unknown = departments?.find((name) => !app.inventory.departments.has(name))
  if (unknown !== undefined)
    throw new AppError(400, 'invalid', `departments: there is no department '${unknown}'`, {
      path: 'departments',
    })
  const bound = roles.find((role) => BOUND_ROLES.includes(role))
  if (bound !== undefined && departments === undefined)
    throw new AppError(400, 'invalid', `departments: ${bound} is for departments; name them`, {
      path: 'departments',
    })
}
