import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type ClientAuth,
  ClientSecretBasic,
  ClientSecretPost,
  type Configuration,
  discovery,
  enableNonRepudiationChecks,
  fetchUserInfo,
  None,
} from 'openid-client'
import type { Identity } from '../../app/sessions.ts'
import type { Clock } from '../../domain/clock.ts'
import { identityOf } from './identity.ts'
import type { Transaction } from './transaction.ts'

/** What is known of the identity provider beforehand. */
export interface ProviderOptions {
  readonly issuer: string
  readonly clientId: string
  /** Reads the secret of the client; public clients have none. */
  readonly secret?: () => Promise<string>
  readonly scopes: readonly string[]
  readonly groupsClaim: string
  readonly nameClaim: string
}

/** The identity provider, of which nothing is asked before somebody logs in. Errors are told by `failures.ts`. */
export interface Provider {
  /** The address to which the browser is sent. */
  begin(transaction: Transaction, redirectUrl: string): Promise<URL>
  /** Who came back, by the address with which they did. */
  identify(callback: URL, transaction: Transaction): Promise<Identity>
}

/** How long the provider may take for one answer, in seconds. */
const PATIENCE = 10

/** How long what it says about itself is used, in milliseconds; its keys are asked for anew as they change. */
const METADATA_KEPT = 3_600_000

export function createProvider(options: ProviderOptions, clock: Pick<Clock, 'monotonic'>): Provider {
  const found = whileFresh(() => discover(options), clock)
  return {
    async begin({ state, nonce, challenge }, redirectUrl) {
      return buildAuthorizationUrl(await found(), {
        redirect_uri: redirectUrl,
        scope: options.scopes.join(' '),
        state,
        nonce,
        code_challenge: challenge,
        code_challenge_method: 'S256',
      })
    },
    async identify(callback, { state, nonce, verifier }) {
      const provider = await found()
      const tokens = await authorizationCodeGrant(provider, callback, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      })
      const told = tokens.claims()
      if (told === undefined)
        throw new Error('the provider gave no ID token, which the library should have refused')
      const lacks = [options.groupsClaim, options.nameClaim].some((claim) => told[claim] === undefined)
      const more =
        lacks && provider.serverMetadata().userinfo_endpoint !== undefined
          ? await fetchUserInfo(provider, tokens.access_token, told.sub)
          : {}
      return identityOf({ ...more, ...told }, options)
    },
  }
}

/** What is found is used for a while and by all who ask meanwhile; what fails is tried again by the next. */
function whileFresh<T>(find: () => Promise<T>, clock: Pick<Clock, 'monotonic'>): () => Promise<T> {
  let kept: { readonly value: Promise<T>; readonly at: number } | undefined
  return () => {
    if (kept !== undefined && clock.monotonic() - kept.at < METADATA_KEPT) return kept.value
    const mine = { value: find(), at: clock.monotonic() }
    kept = mine
    mine.value.catch(() => {
      if (kept === mine) kept = undefined
    })
    return mine.value
  }
}

async function discover({ issuer, clientId, secret }: ProviderOptions): Promise<Configuration> {
  const auth = secret === undefined ? None() : authenticatedBy(await secret())
  // The configuration takes http for the machine itself alone.
  const insecure = new URL(issuer).protocol === 'http:' ? [allowInsecureRequests] : []
  return discovery(new URL(issuer), clientId, undefined, auth, {
    timeout: PATIENCE,
    execute: [...insecure, enableNonRepudiationChecks],
  })
}

/** With `client_secret_basic`, as every provider must take, unless it says that it takes only the other (RFC 8414 §2). */
function authenticatedBy(secret: string): ClientAuth {
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported
    const onlyPost =
      methods?.includes('client_secret_basic') === false && methods.includes('client_secret_post')
    const way = onlyPost ? ClientSecretPost(secret) : ClientSecretBasic(secret)
    way(server, client, body, headers)
  }
}
