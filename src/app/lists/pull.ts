import type { Prefix } from '../../domain/prefix.ts'
import { AppError, notFound } from '../app-error.ts'
import type { App } from '../context.ts'
import type { Caller } from '../rights.ts'
import { requireRight, type UseCase } from '../use-cases.ts'
import type { Bouncer, BouncersOf, Found, Pull } from './bouncers.ts'
import type { ListForm, ListText } from './list-texts.ts'
import type { PulledList } from './pulled-list.ts'

const KIND = 'list'

/** A list as it is now. @throws AppError `forbidden`, `not-found`, `list-unready` */
export async function readList(app: App, caller: Caller, name: string, form: ListForm): Promise<ListText> {
  requirePulling(caller, 'readList')
  return app.lists.texts.of(name, readyList(app, name), form)
}

/** What a bouncer is to change, since it last asked or altogether. @throws as {@link readList} */
export async function pullDecisions(
  app: App,
  caller: Caller,
  from: Pick<Bouncer, 'userAgent'> & { readonly address: string },
  startup: boolean,
): Promise<Pull> {
  requirePulling(caller, 'pullDecisions')
  const { token } = caller
  const { userAgent, address } = from
  const name = `token ${token.id} (${token.name})`
  const agent = userAgent === undefined ? {} : { userAgent }
  const key = JSON.stringify([token.id, address, userAgent])
  return servedBouncers(app).pull({ key, name, ...agent }, startup)
}

/**
 * What is decided about an address or a prefix: by those that have all of it or, with `inside`, that lie in it.
 * @throws as {@link readList}
 */
export async function findDecisions(
  app: App,
  caller: Caller,
  asked: Prefix | undefined,
  inside: boolean,
): Promise<Found> {
  requirePulling(caller, 'findDecisions')
  return servedBouncers(app).lookUp(asked, inside)
}

/** What bouncers tell of themselves is taken and not kept. */
export function takeUsage(caller: Caller): void {
  requirePulling(caller, 'takeUsage')
}

/** @throws AppError `not-found` where the site serves none, `list-unready` */
function servedBouncers(app: App): BouncersOf {
  const { bouncers } = app.lists
  if (bouncers === undefined)
    throw new AppError(
      404,
      'not-found',
      'bouncers are served no list here: crowdsec.serve in cordon.yaml names one',
    )
  return bouncers.of(readyList(app, bouncers.device))
}

/** @throws AppError `forbidden`: a list is of the whole site, so nobody who is bound to departments may have it */
function requirePulling(caller: Caller, useCase: UseCase): void {
  requireRight(caller, useCase)
  if (caller.departments !== undefined)
    throw new AppError(
      403,
      'forbidden',
      `a list is of the whole site, and token ${caller.token.id} is bound to ${caller.departments.join(', ')}`,
    )
}

/** @throws AppError `not-found`, `list-unready` */
function readyList({ engine, lists }: App, name: string): PulledList {
  if (engine.devices.get(name)?.device.kind !== KIND) {
    const names = [...engine.devices.values()].filter(({ device }) => device.kind === KIND)
    const known = names.map(({ device }) => device.name).join(', ')
    throw notFound(`list '${name}'${known === '' ? '' : `; lists are ${known}`}`)
  }
  const list = lists.held.get(name)
  if (list?.ready !== true)
    throw new AppError(
      503,
      'list-unready',
      `not everything that is wanted is in ${name} yet, as Cordon has just started or a person holds it; keep what you have`,
    )
  return list
}
