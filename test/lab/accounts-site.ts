import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { eventually } from '../../simulator/eventually.ts'
import { Controller, PROGRAM } from '../helpers/controller.ts'
import { type Terminal, terminalOf } from '../helpers/cordon-child.ts'
import { freeUdpPort } from '../helpers/daemon.ts'
import { BASE, CORDON, PASSWORD, POLICY } from '../helpers/slapd.ts'
import { IDENTIFIER, NAS_SECRET, QUARANTINE, WirelessSite } from './wireless-site.ts'

const ACCOUNTING = 'accounting-secret-1'
const SOON = 20_000

/** The campus's Wi-Fi with a controller that locks accounts in its directory and ends sessions at its access point. */
export class AccountsSite {
  readonly folder = mkdtempSync(join(tmpdir(), 'cordon-accounts-'))
  wireless!: WirelessSite
  controller!: Controller
  #analyst!: Terminal

  static async raise(): Promise<AccountsSite> {
    const site = new AccountsSite()
    try {
      await site.#raise()
      return site
    } catch (error) {
      await site.dispose()
      throw error
    }
  }

  async #raise(): Promise<void> {
    const port = await freeUdpPort()
    this.wireless = await WirelessSite.raise({ host: '127.0.0.1', port, secret: ACCOUNTING })
    this.#configure(port)
    await this.#start()
    // It began before the controller, which hears of it by the next word about it.
    this.wireless.nas.interim()
  }

  #configure(port: number): void {
    const secrets = { coa: NAS_SECRET, accounting: ACCOUNTING, directory: PASSWORD }
    for (const [name, secret] of Object.entries(secrets))
      writeFileSync(join(this.folder, name), `${secret}\n`, { mode: 0o600 })
    writeFileSync(join(this.folder, 'cordon.yaml'), stringify(configOf(this.wireless, port)))
    writeFileSync(join(this.folder, 'placement.yaml'), stringify({ placements: PLACEMENTS }))
  }

  async #start(): Promise<void> {
    const [file = '', ...words] = [...PROGRAM, 'serve', '--config', join(this.folder, 'cordon.yaml')]
    const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    const socket = join(this.folder, 'api.sock')
    this.controller = new Controller(child, { socket, accessFile: join(this.folder, 'var/access.json') })
    await this.controller.answers()
    const { client } = this.controller
    for (const name of ['directory', 'wireless'])
      await eventually(`${name} to be read`, SOON, async () => (await client.device(name)).state === 'ready')
    const ann = { name: 'Ann', roles: ['analyst'] }
    const { id } = await client.ask<{ id: string }>('POST', '/v1/people', { body: ann })
    const wanted = { ...ann, origin: 'person', person: id, duration: '1d' }
    const { secret } = await client.ask<{ secret: string }>('POST', '/v1/tokens', { body: wanted })
    this.#analyst = terminalOf({ CORDON_URL: `unix:${socket}`, CORDON_TOKEN: secret })
  }

  /** What an analyst's `cordon` says, if it ends so. */
  async says(exit: number, ...line: readonly string[]): Promise<string> {
    const ran = await this.#analyst.run(line)
    assert.equal(ran.exit, exit, `cordon ${line.join(' ')}: ${ran.stderr}${ran.stdout}`)
    return `${ran.stdout}${ran.stderr}`
  }

  async dispose(): Promise<void> {
    await this.controller?.end('SIGTERM')
    await this.wireless?.dispose()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

const PLACEMENTS = [
  {
    ...{ name: 'accounts', when: { target: ['account'] } },
    use: [
      { device: 'directory', as: 'account-locked' },
      { device: 'wireless', as: 'no-session' },
    ],
  },
  {
    ...{ name: 'stations', when: { target: ['station'] } },
    use: [{ device: 'wireless', as: 'no-session' }],
  },
]

function configOf({ slapd, nas }: WirelessSite, port: number): object {
  const directory = {
    ...{ servers: [slapd.url], base: BASE, realms: ['campus.example'] },
    ...{
      bindDn: CORDON,
      password: 'file:directory',
      lock: { how: 'ppolicy', policy: POLICY },
      interval: 200,
    },
  }
  const wireless = {
    realms: ['campus.example'],
    accounting: { listen: '127.0.0.1', port, clients: [{ address: '127.0.0.1', secret: 'file:accounting' }] },
    nas: [{ name: 'ap', address: nas.address, port: nas.port, secret: 'file:coa', identifier: IDENTIFIER }],
    ...{ quarantine: { vlan: QUARANTINE }, retryAfter: 100, answerWithin: 1_000, interval: 300 },
  }
  return {
    listen: { host: '127.0.0.1', port: 0, socket: 'api.sock' },
    placements: 'placement.yaml',
    site: { own: ['203.0.113.0/24'], accounts: { realms: ['campus.example'] } },
    devices: [
      { name: 'directory', kind: 'ldap', config: directory },
      { name: 'wireless', kind: 'radius', config: wireless },
    ],
  }
}
