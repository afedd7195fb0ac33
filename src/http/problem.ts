import type { FastifyReply } from 'fastify'
import { AppError } from '../app/app-error.ts'
import { planJson } from './block-json.ts'
import type { ProblemJson } from './schemas.ts'
import { describeValidation, type SchemaError } from './validation.ts'

/** Every code that a problem can have, with its title. docs/api.md explains each. */
export const PROBLEMS: ReadonlyMap<string, string> = new Map([
  ['invalid', 'A field is wrong'],
  ['malformed-json', 'The body is not JSON'],
  ['prefix-malformed', 'Not an address or prefix'],
  ['prefix-host-bits', 'The prefix has host bits set'],
  ['prefix-mapped', 'An IPv4-mapped IPv6 address'],
  ['match-unknown', 'An unknown match component'],
  ['match-value', 'A value that no packet can have'],
  ['match-family', 'Two address families in one match'],
  ['match-protocol', 'A component that the protocol does not have'],
  ['match-target', 'Only hosts can be narrowed'],
  ['match-direction', 'A component that does not fit the direction'],
  ['rate', 'Not a usable rate'],
  ['duration', 'Not a usable duration'],
  ['until', 'Not a usable end'],
  ['nothing-to-change', 'Nothing to change'],
  ['cursor-invalid', 'Not a cursor of this list'],
  ['sequence-unknown', 'The ledger has no such event'],
  ['idempotency-key-missing', 'An Idempotency-Key is needed'],
  ['unauthenticated', 'A valid token is needed'],
  ['forbidden', 'The token lacks a right'],
  ['csrf', 'Not from a page of ours'],
  ['no-session', 'Not a session'],
  ['login-unconfigured', 'Nobody logs in here'],
  ['login-unavailable', 'The identity provider cannot be asked'],
  ['login-denied', 'The identity provider says no'],
  ['login-expired', 'No login was begun'],
  ['login-mismatch', 'The answer to another login'],
  ['login-code', 'The code of the login is not taken'],
  ['login-untrusted', 'An answer that cannot be believed'],
  ['login-no-role', 'No group with a role'],
  ['login-removed', 'Removed by an administrator'],
  ['not-found', 'Not found'],
  ['method-not-allowed', 'Not that method'],
  ['block-ended', 'The block has ended'],
  ['not-begun', 'The block awaits agreement'],
  ['not-proposed', 'Nothing to agree to'],
  ['message-waits', 'A message waits to be sent'],
  ['mail-unreadable', 'A mail cannot be read'],
  ['mail-busy', 'Too many mails are read'],
  ['mail-full', 'Too many mails wait for a person'],
  ['mail-not-configured', 'Nothing is answered by mail here'],
  ['request-open', 'It is asked for already'],
  ['request-denied', 'It was denied'],
  ['request-settled', 'The request is settled'],
  ['request-not-settled', 'The request is open'],
  ['not-your-turn', 'For the other side to do'],
  ['wrong-kind', 'A request of another kind'],
  ['same-person', 'Another person has to agree'],
  ['list-unready', 'The list is not whole yet'],
  ['inventory-unusable', 'The inventory cannot be used'],
  ['bindings-unavailable', 'It cannot be told who had an address'],
  ['inventory-asks', 'The inventory waits for a person'],
  ['plan-changed', 'The plan has changed'],
  ['agreement-needed', 'Somebody else must agree'],
  ['answered-before', 'Answered before'],
  ['token-exists', 'The token exists'],
  ['version-mismatch', 'It has changed since'],
  ['too-large', 'The request is too large'],
  ['media-type', 'Not that media type'],
  ['guard-refused', 'A guard refuses it'],
  ['idempotency-mismatch', 'The Idempotency-Key was used for another request'],
  ['expiry-required', 'It must end by itself'],
  ['if-match-required', 'If-Match is needed'],
  ['busy', 'Too many triggers wait'],
  ['too-many-streams', 'The token follows the events too often'],
  ['internal', 'Something went wrong in Cordon'],
  ['ledger-full', 'The disk of the ledger is full'],
])

/** Seconds after which a client may look whether the ledger has space again. */
const RETRY_FULL = 30
/** And whether fewer triggers wait. */
const RETRY_BUSY = 1
/** And whether one of the token's streams has ended. */
const RETRY_STREAM = 5

/** And whether the identity provider can be asked. */
const RETRY_LOGIN = 10

/** What the framework refuses before a route sees it, by its own code. */
const FROM_FRAMEWORK: ReadonlyMap<string, readonly [status: number, code: string]> = new Map([
  ['FST_ERR_CTP_INVALID_JSON_BODY', [400, 'malformed-json']],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', [400, 'malformed-json']],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', [400, 'invalid']],
  ['FST_ERR_CTP_BODY_TOO_LARGE', [413, 'too-large']],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', [415, 'media-type']],
])

/** The error as it is told; `undefined` when it was not expected, which is told as `internal`. */
export function problemOf(error: unknown): ProblemJson | undefined {
  if (error instanceof AppError) return fromApp(error)
  if (!(error instanceof Error)) return undefined
  // The ledger's class is two layers down; its name is part of its contract.
  if (error.name === 'LedgerFull') return problem(507, 'ledger-full', error.message)
  const { code, validation, validationContext, statusCode } = error as FrameworkError
  if (validation !== undefined) return invalid(validation, validationContext ?? 'body')
  const known = FROM_FRAMEWORK.get(code ?? '')
  if (known !== undefined) return problem(known[0], known[1], error.message)
  // Whatever else the framework or its JSON parser blames on the client.
  const blamed = statusCode !== undefined && statusCode >= 400 && statusCode < 500
  return blamed
    ? problem(400, error instanceof SyntaxError ? 'malformed-json' : 'invalid', error.message)
    : undefined
}

type FrameworkError = Error & {
  readonly code?: string
  readonly statusCode?: number
  readonly validation?: readonly SchemaError[]
  readonly validationContext?: string
}

export function invalid(errors: readonly SchemaError[], context: string): ProblemJson {
  const { path, words } = describeValidation(errors, context)
  return { ...problem(400, 'invalid', path === '' ? words : `${path}: ${words}`), path }
}

function fromApp({ status, code, message, path, refusals, plan }: AppError): ProblemJson {
  return {
    ...problem(status, code, message),
    ...(path === undefined ? {} : { path }),
    ...(refusals.length === 0 ? {} : { refusals }),
    ...(plan === undefined ? {} : { plan: planJson(plan) }),
  }
}

export function problem(status: number, code: string, detail: string): ProblemJson {
  return { type: `urn:cordon:problem:${code}`, title: PROBLEMS.get(code) ?? code, status, detail, code }
}

export function sendProblem(reply: FastifyReply, told: ProblemJson): FastifyReply {
  if (told.status === 401) reply.header('www-authenticate', 'Bearer realm="cordon"')
  if (told.status === 429) reply.header('retry-after', told.code === 'busy' ? RETRY_BUSY : RETRY_STREAM)
  if (told.status === 503) reply.header('retry-after', RETRY_LOGIN)
  if (told.status === 507) reply.header('retry-after', RETRY_FULL)
  return reply.code(told.status).type('application/problem+json').send(JSON.stringify(told))
}
