import { parseDuration } from '../domain/duration.ts'
import { type GroupGrant, type LoginRules, NO_LOGINS } from '../domain/grant.ts'
import { InputError } from '../domain/input-error.ts'
import { BOUND_ROLES, MACHINE_ROLES, PEOPLE_ROLES, type Role } from '../domain/role.ts'
import type { Inventory } from '../inventory/inventory.ts'
import type { Path, Problems } from './problems.ts'
import type { ConfigFile } from './schema.ts'

/** The identity provider, as the site has said. */
export interface LoadedProvider {
  readonly issuer: string
  readonly clientId: string
  /** A reference, `file:PATH` or `env:NAME`; public clients have none. */
  readonly clientSecret?: string
  readonly redirectUrl?: string
  readonly scopes: readonly string[]
  readonly groupsClaim: string
  readonly nameClaim: string
}

export interface LoadedLogin {
  readonly provider: LoadedProvider
  readonly rules: LoginRules
}

type OidcFile = NonNullable<ConfigFile['login']>['oidc']
type Listen = { readonly tls?: unknown; readonly behindTlsProxy: boolean }

const HERE: Path = ['login', 'oidc']

/** Where the provider sends people back to; cookies are of the whole address, so that it has no path of its own. */
const CALLBACK = '/login/callback'

/** Reads `login`, with every problem found in it; nothing is asked of the provider. */
export function readLogin(
  login: ConfigFile['login'],
  inventory: Pick<Inventory, 'departments'>,
  listen: Listen,
  found: Problems,
): LoadedLogin | undefined {
  if (login === undefined) return undefined
  const { oidc } = login
  const { clientId, redirectUrl, scopes, groupsClaim, nameClaim } = oidc
  found.take([...HERE, 'issuer'], () => readIssuer(oidc.issuer))
  if (redirectUrl !== undefined)
    found.take([...HERE, 'redirectUrl'], () => refuseRedirect(redirectUrl, listen))
  if (oidc.clientSecret !== undefined && !/^(file|env):./.test(oidc.clientSecret))
    found.add(
      [...HERE, 'clientSecret'],
      'it must be a reference such as file:PATH or env:NAME, never the secret itself',
    )
  if (scopes?.includes('openid') === false)
    found.add([...HERE, 'scopes'], 'openid must be among them, or it is no login')
  return {
    provider: {
      issuer: oidc.issuer,
      clientId,
      ...(oidc.clientSecret === undefined ? {} : { clientSecret: oidc.clientSecret }),
      ...(redirectUrl === undefined ? {} : { redirectUrl }),
      scopes: scopes ?? ['openid', 'profile', 'groups'],
      groupsClaim: groupsClaim ?? 'groups',
      nameClaim: nameClaim ?? 'name',
    },
    rules: readRules(oidc, inventory, found),
  }
}

function urlOf(text: string): URL {
  if (!URL.canParse(text))
    throw new InputError('invalid', `'${text}' is no address such as https://login.example.org`)
  return new URL(text)
}

/** @throws InputError */
function readIssuer(text: string): void {
  const { protocol, hostname, search, hash } = urlOf(text)
  const here = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  if (protocol !== 'https:' && !(protocol === 'http:' && here))
    throw new InputError('invalid', 'it must begin with https://, as who people are goes over it')
  if (search !== '' || hash !== '') throw new InputError('invalid', 'an issuer has no query and no fragment')
  // It would be believed about who the issuer is.
  if (text.includes('/.well-known/'))
    throw new InputError('invalid', 'give the issuer itself, without /.well-known/ and what follows')
}

/** @throws InputError */
function refuseRedirect(text: string, { tls, behindTlsProxy }: Listen): void {
  const { protocol, pathname, search, hash } = urlOf(text)
  if (pathname !== CALLBACK || search !== '' || hash !== '')
    throw new InputError('invalid', `it must end with ${CALLBACK} right behind the host`)
  const wanted = tls !== undefined || behindTlsProxy ? 'https:' : 'http:'
  if (protocol === wanted) return
  throw new InputError(
    'invalid',
    wanted === 'https:'
      ? 'people reach it with TLS, so it must begin with https://'
      : 'it begins with https://, but neither listen.tls nor listen.behindTlsProxy says that there is TLS',
  )
}

function readRules(
  { roles, sessionLasts, rolesLast }: OidcFile,
  { departments }: Pick<Inventory, 'departments'>,
  found: Problems,
): LoginRules {
  const lasting = (name: 'sessionLasts' | 'rolesLast', text: string | undefined): number =>
    (text === undefined ? undefined : found.take([...HERE, name], () => parseDuration(text))) ??
    NO_LOGINS[name]
  const rules = {
    grants: roles.map((entry, index) => readGrant(entry, [...HERE, 'roles', index], departments, found)),
    sessionLasts: lasting('sessionLasts', sessionLasts),
    rolesLast: lasting('rolesLast', rolesLast),
  }
  if (rules.sessionLasts > rules.rolesLast)
    found.add(
      [...HERE, 'sessionLasts'],
      'a session would last longer than what the login says is good (rolesLast)',
    )
  return rules
}

function readGrant(
  { group, roles, departments }: OidcFile['roles'][number],
  path: Path,
  known: Inventory['departments'],
  found: Problems,
): GroupGrant {
  for (const [index, role] of roles.entries())
    if (!PEOPLE_ROLES.some((one) => one === role))
      found.add(
        [...path, 'roles', index],
        `${MACHINE_ROLES.some((one) => one === role) ? `${role} is for machines` : `there is no role '${role}'`}; known are ${PEOPLE_ROLES.join(', ')}`,
      )
  for (const [index, name] of (departments ?? []).entries())
    if (!known.has(name)) found.add([...path, 'departments', index], `there is no department '${name}'`)
  const bound = roles.find((role) => BOUND_ROLES.some((one) => one === role))
  if (bound !== undefined && departments === undefined)
    found.add([...path, 'roles'], `${bound} is for departments; name them beside it`)
  return { group, roles: roles as readonly Role[], ...(departments === undefined ? {} : { departments }) }
}
