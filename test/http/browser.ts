import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import type { FastifyInstance } from 'fastify'
import type { GroupGrant } from '../../src/domain/grant.ts'
import { NO_LOGINS } from '../../src/domain/grant.ts'
import type { Logger } from '../../src/domain/log.ts'
import type { LoginOptions } from '../../src/http/login/routes.ts'
import { buildServer, type ServerOptions } from '../../src/http/server.ts'
import { type AppOptions, makeApp } from '../helpers/app.ts'
import {
  CLIENT,
  type IdentityProvider,
  type IdentityProviderOptions,
  REDIRECT_URL,
  startIdentityProvider,
} from '../helpers/identity-provider.ts'
import { type Client, clientOf, type Json, type Reply } from './face.ts'

/** What groups are worth in these tests. */
const GRANTS: readonly GroupGrant[] = [
  { group: 'admins', roles: ['admin', 'analyst'] },
  { group: 'csirt', roles: ['analyst'] },
  { group: 'approvers', roles: ['approver'] },
  { group: 'physics-it', roles: ['itss'], departments: ['physics'] },
]

export interface LoginSite extends Client {
  readonly idp: IdentityProvider
  /** Everything that was logged. */
  readonly logged: readonly string[]
  browser(): Browser
  /** A new browser in which somebody has logged in. */
  as(sub: string): Promise<Browser>
}

export interface LoginSiteOptions extends AppOptions {
  readonly idp?: IdentityProviderOptions
  readonly login?: Partial<LoginOptions>
  /** Without a `redirectUrl`: ours is then whatever host browsers ask. */
  readonly anyHost?: true
  readonly server?: Partial<ServerOptions>
}

/** Cordon in this process, with a real provider on loopback; both end with the test. */
export async function startLogins(t: TestContext, options: LoginSiteOptions = {}): Promise<LoginSite> {
  const idp = await startIdentityProvider(options.idp)
  const { log, logged } = keepingLog()
  const app = await makeApp({ ...options, logins: { ...NO_LOGINS, grants: GRANTS }, log })
  const login: LoginOptions = {
    issuer: idp.issuer,
    clientId: CLIENT.id,
    ...(options.idp?.publicClient === true ? {} : { secret: async () => CLIENT.secret }),
    ...(options.anyHost === true ? {} : { redirectUrl: REDIRECT_URL }),
    scopes: ['openid', 'profile', 'groups'],
    groupsClaim: 'groups',
    nameClaim: 'name',
    ...options.login,
  }
  const server = buildServer(app, { version: '0.0.0-test', login, ...options.server })
  t.after(async () => {
    await server.close()
    await app.close()
    await idp.stop()
  })
  const browser = () => new Browser(server)
  const as = async (sub: string): Promise<Browser> => {
    idp.who = sub
    const one = browser()
    const answer = await one.logIn()
    assert.equal(answer.status, 303, answer.text)
    return one
  }
  return { ...(await clientOf(app, server)), idp, logged, browser, as }
}

function keepingLog(): { log: Logger; logged: string[] } {
  const logged: string[] = []
  const keep = (fields: unknown, words?: unknown): void => {
    logged.push(JSON.stringify([fields, words]))
  }
  const log = { debug: keep, info: keep, warn: keep, error: keep, child: () => log } as unknown as Logger
  return { log, logged }
}

/** Cookies of one server, as a browser keeps them; times do not pass here. */
class Jar {
  readonly cookies = new Map<string, string>()
  /** The headers by which each was set last. */
  readonly set = new Map<string, string>()

  take(headers: readonly string[]): void {
    for (const text of headers) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
      this.set.set(name, text)
      if (value === '' || /; max-age=0|expires=Thu, 01 Jan 1970/i.test(text)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }

  get text(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }
}

/** Somebody's browser: cookies of Cordon and of the provider, which it follows by hand. */
export class Browser {
  readonly jar = new Jar()
  readonly #provider = new Jar()
  readonly #server: FastifyInstance

  constructor(server: FastifyInstance) {
    this.#server = server
  }

  /** Sends to Cordon, with its cookies. */
  async send(method: string, url: string, options: { body?: object; headers?: object } = {}): Promise<Reply> {
    const answer = await this.#server.inject({
      method: method as 'GET',
      url,
      headers: { host: 'cordon.test', cookie: this.jar.text, ...options.headers },
      ...(options.body === undefined ? {} : { payload: options.body }),
    })
    this.jar.take([answer.headers['set-cookie'] ?? []].flat())
    const json = String(answer.headers['content-type']).includes('json')
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text: answer.body,
      json: (json ? JSON.parse(answer.body) : {}) as Json,
    }
  }

  /** Sends what a page of Cordon would, with all that goes with it. */
  async act(method: string, url: string, body?: object, headers: object = {}): Promise<Reply> {
    const csrf = String((await this.send('GET', '/v1/whoami')).json['csrf'])
    const page = { 'x-cordon-csrf': csrf, 'sec-fetch-site': 'same-origin', origin: 'http://cordon.test' }
    return this.send(method, url, {
      ...(body === undefined ? {} : { body }),
      headers: { ...page, ...headers },
    })
  }

  /** Begins a login and answers with the address at the provider. */
  async begin(to?: string): Promise<URL> {
    const query = to === undefined ? '' : `?to=${encodeURIComponent(to)}`
    const answer = await this.send('GET', `/login${query}`)
    assert.equal(answer.status, 303, answer.text)
    return new URL(String(answer.headers['location']))
  }

  /** Goes through the provider, and answers with the address at Cordon that it sends back to. */
  async through(from: URL): Promise<string> {
    let at = from
    for (let hops = 0; hops < 10; hops += 1) {
      if (at.href.startsWith(REDIRECT_URL)) return `${at.pathname}${at.search}`
      const answer = await fetch(at, { redirect: 'manual', headers: { cookie: this.#provider.text } })
      this.#provider.take(answer.headers.getSetCookie())
      const next = answer.headers.get('location')
      assert.ok(next, `${answer.status} of ${at.href}: ${await answer.text()}`)
      at = new URL(next, at)
    }
    throw new Error('the provider sends round in circles')
  }

  /** A whole login; answers with the answer of the callback. */
  async logIn(to?: string): Promise<Reply> {
    return this.send('GET', await this.through(await this.begin(to)))
  }
}
