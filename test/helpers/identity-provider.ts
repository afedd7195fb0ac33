import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Provider } from 'oidc-provider'

/** Somebody whom the provider knows. */
export interface Account {
  readonly name: string
  readonly groups: readonly string[]
}

export interface IdentityProvider {
  readonly issuer: string
  readonly accounts: Map<string, Account>
  /** Whom the provider's own login page lets in; `undefined`, nobody: they say no. */
  who: string | undefined
  /** Stops it as a crash would; `start` brings it back at the same address. */
  stop(): Promise<void>
  start(): Promise<void>
}

export const CLIENT = { id: 'cordon', secret: 'a-secret-that-no-log-may-have' }

/** By which Cordon is known to the provider; nothing listens there. */
export const REDIRECT_URL = 'http://cordon.test/login/callback'

export interface IdentityProviderOptions {
  /** Whether groups and names stand in the ID token itself, and not only behind the userinfo endpoint. */
  readonly inToken?: boolean
  /** Without a secret. */
  readonly publicClient?: boolean
}

/** The package oidc-provider on loopback, whose login page asks nothing: `who` says who is there. */
export async function startIdentityProvider(
  options: IdentityProviderOptions = {},
): Promise<IdentityProvider> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const accounts = new Map<string, Account>()
  const provider = new Provider(issuer, configuration(accounts, options))
  const answer = provider.callback()
  let server: Server | undefined
  const idp: IdentityProvider = {
    issuer,
    accounts,
    who: undefined,
    async start() {
      server = createServer((request, response) => {
        if (request.url?.startsWith('/interaction/') === true) void decide(provider, idp, request, response)
        else answer(request, response)
      })
      await listening(server, port)
    },
    async stop() {
      const ending = server
      server = undefined
      ending?.closeAllConnections()
      await new Promise<void>((resolve) => (ending === undefined ? resolve() : ending.close(() => resolve())))
    },
  }
  await idp.start()
  return idp
}

async function decide(
  provider: Provider,
  { who }: IdentityProvider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const result =
    who === undefined ? { error: 'access_denied' } : { login: { accountId: who, remember: false } }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}

function configuration(
  accounts: ReadonlyMap<string, Account>,
  { inToken = false, publicClient = false }: IdentityProviderOptions,
) {
  const client = {
    client_id: CLIENT.id,
    redirect_uris: [REDIRECT_URL],
    ...(publicClient ? { token_endpoint_auth_method: 'none' } : { client_secret: CLIENT.secret }),
  }
  return {
    clients: [client],
    claims: { openid: ['sub'], profile: ['name'], groups: ['groups'] },
    conformIdTokenClaims: !inToken,
    cookies: { keys: ['of the tests'] },
    ttl: {
      Interaction: 600,
      Grant: 600,
      Session: 600,
      AccessToken: 600,
      IdToken: 600,
      AuthorizationCode: 60,
    },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, ...accounts.get(sub) }),
    }),
    // Everything is agreed to.
    async loadExistingGrant(context: Context) {
      const { session, client: asks, provider } = context.oidc
      const grant = new provider.Grant({ accountId: session.accountId, clientId: asks.clientId })
      grant.addOIDCScope('openid profile groups')
      await grant.save()
      return grant
    },
  }
}

interface Context {
  readonly oidc: {
    readonly provider: Provider
    readonly session: { readonly accountId: string }
    readonly client: { readonly clientId: string }
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await listening(server, 0)
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
}
