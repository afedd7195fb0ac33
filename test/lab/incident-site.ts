import assert from 'node:assert/strict'
import { join } from 'node:path'
import { eventually } from '../../simulator/eventually.ts'
import { type Probe, startProbe } from '../../simulator/probe/probe.ts'
import { Client, type Controller } from '../helpers/controller.ts'
import { type Terminal, terminalOf } from '../helpers/cordon-child.ts'
import { startSmtpServer, type TestSmtpServer } from '../helpers/smtp-server.ts'
import { WiredSite } from './wired-site.ts'

export const ITSS = 'it@physics.example'
export const DESK = 'desk@uni.example'
const ROUTER = 'core'
const ROOT = join(import.meta.dirname, '../..')
const SOON = 15_000
const HZ = 500

/** A mail as a reader sees it: its fields unfolded, its text decoded. */
export interface Letter {
  readonly to: readonly string[]
  readonly id: string
  readonly subject: string
  readonly references: string
  readonly text: string
}

/** Two hosts of physics and one of the library behind a Linux router, a mail server, and a controller that drives the router. */
export class IncidentSite {
  readonly wired = new WiredSite()
  /** What the attacked outside receives of the host, and of the host next door. */
  host!: Probe
  nextDoor!: Probe
  mails!: TestSmtpServer
  controller!: Controller
  readonly #clients: Client[] = []

  static async raise(): Promise<IncidentSite> {
    const site = new IncidentSite()
    try {
      await site.#raise()
      return site
    } catch (error) {
      await site.dispose()
      throw error
    }
  }

  async #raise(): Promise<void> {
    const { wired } = this
    wired.attach('physics', { 4: '10.8.0', 6: '2001:db8:8:0' })
    wired.attach('optics', { 4: '10.8.1', 6: '2001:db8:8:1' })
    wired.attach('outside', { 4: '198.51.100', 6: '2001:db8:ffff:0' })
    this.mails = await startSmtpServer()
    this.#configure(this.mails.port)
    const flow = (from: string, port: number) =>
      ({ name: from, to: 'outside', family: 4, port, hz: HZ }) as const
    this.host = await startProbe(wired, { from: 'physics', flows: [flow('physics', 9001)] })
    const flows = [flow('optics', 9002)]
    this.nextDoor = await startProbe(wired, { from: 'optics', flows, neighbours: ['optics'] })
    this.controller = await wired.start(ROUTER)
  }

  #configure(port: number): void {
    const config = {
      site: {
        own: ['10.8.0.0/16', '2001:db8:8::/48'],
        contacts: [{ name: 'Ines', mail: ITSS }],
        departments: [
          { name: 'physics', prefixes: ['10.8.0.0/22'], users: 300, itss: ['Ines'] },
          { name: 'library', prefixes: ['10.8.4.0/24'], users: 100 },
        ],
        ingress: [{ name: ROUTER, coveredBy: [ROUTER] }],
      },
      devices: [{ name: ROUTER, kind: 'nft', config: { namespace: this.wired.router.name } }],
      policies: join(ROOT, 'policies/rules'),
      advice: join(ROOT, 'policies/advice'),
      mail: {
        smtp: { host: '127.0.0.1', port, tls: 'none' },
        ...{ from: 'Cordon CSIRT <csirt@uni.example>', desk: [DESK], every: '10s' },
      },
    }
    const use = [{ device: ROUTER, as: 'acl' }]
    this.wired.configure(config, [{ name: 'hosts', when: { target: ['host'] }, use }])
  }

  get address(): string {
    return this.wired.addressOf('physics', 4)
  }

  /** Somebody with a token of their own, at a terminal. */
  async person(name: string, roles: readonly string[], departments?: readonly string[]): Promise<Terminal> {
    const bound = departments === undefined ? {} : { departments }
    const { id } = await this.#ask<{ id: string }>('/v1/people', { name, roles, ...bound })
    return this.#terminal(await this.#token({ name, roles, origin: 'person', person: id, duration: '1d' }))
  }

  /** A machine's terminal. */
  async machine(role: string): Promise<Terminal> {
    return this.#terminal(await this.#machineToken(role))
  }

  /** A machine that speaks HTTP by itself. */
  async detector(): Promise<Client> {
    const secret = await this.#machineToken('trigger')
    const client = new Client(this.#socket, () => secret)
    this.#clients.push(client)
    return client
  }

  /** The newest mail to somebody whose subject fits, once there is one. */
  async mail(to: string, subject: RegExp): Promise<Letter> {
    const found = () =>
      this.mails.mails
        .map(({ to: all, id, raw }) => letterOf(all, id, raw))
        .findLast((one) => one.to.includes(to) && subject.test(one.subject))
    await eventually(`a mail to ${to}: ${subject}`, SOON, () => found() !== undefined)
    const letter = found()
    assert.ok(letter !== undefined)
    return letter
  }

  async dispose(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.host?.stop()
    await this.nextDoor?.stop()
    await this.wired.dispose()
    await this.mails?.close()
  }

  get #socket(): string {
    return join(this.wired.folder, 'api.sock')
  }

  #ask<T>(path: string, body: object): Promise<T> {
    return this.controller.client.ask<T>('POST', path, { body })
  }

  #machineToken(role: string): Promise<string> {
    return this.#token({ name: `a ${role}`, roles: [role], origin: 'automatic', duration: '1d' })
  }

  async #token(wanted: object): Promise<string> {
    return (await this.#ask<{ secret: string }>('/v1/tokens', wanted)).secret
  }

  #terminal(secret: string): Terminal {
    return terminalOf({ CORDON_URL: `unix:${this.#socket}`, CORDON_TOKEN: secret })
  }
}

function letterOf(to: readonly string[], id: string, raw: Buffer): Letter {
  const [head = '', ...body] = raw.toString().split('\r\n\r\n')
  const field = (name: string): string =>
    new RegExp(`^${name}: (.*)$`, 'im').exec(head.replaceAll(/\r\n[ \t]+/g, ' '))?.[1]?.trim() ?? ''
  const text = body
    .join('\r\n\r\n')
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replaceAll('\r\n', '\n')
  return { to, id, subject: field('Subject'), references: field('References'), text }
}
