import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { stringify } from 'yaml'
import { eventually } from '../../simulator/eventually.ts'
import { type Nas, startNas } from '../../simulator/nas/nas.ts'
import { Controller, PROGRAM } from '../helpers/controller.ts'
import { type Terminal, terminalOf } from '../helpers/cordon-child.ts'
import { freeUdpPort } from '../helpers/daemon.ts'
import { BASE, CORDON, noSlapd, PASSWORD, POLICY, type Slapd, startSlapd } from '../helpers/slapd.ts'

const ALICE = 'alice@campus.example'
const STATION = '02-00-5E-10-00-01'
const COA = 'coa-secret-2'
const ACCOUNTING = 'accounting-secret-1'
const SOON = 20_000

describe('an account, with a real directory and a NAS that holds its session', { skip: noSlapd() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-accounts-'))
  let slapd: Slapd
  let nas: Nas
  let controller: Controller
  let analyst: Terminal
  /** Of the block that stands from the second test on. */
  let number = ''

  before(async () => {
    slapd = await startSlapd()
    const port = await freeUdpPort()
    const accounting = [{ host: '127.0.0.1', port, secret: ACCOUNTING }]
    nas = await startNas({ secret: COA, identifier: 'wlc1', accounting })
    for (const [name, secret] of [
      ['coa', COA],
      ['accounting', ACCOUNTING],
      ['directory', PASSWORD],
    ] as const)
      writeFileSync(join(folder, name), `${secret}\n`, { mode: 0o600 })
    writeFileSync(join(folder, 'cordon.yaml'), stringify(configOf(slapd, nas, port)))
    const accounts = { name: 'accounts', when: { target: ['account'] }, use: USE }
    writeFileSync(join(folder, 'placement.yaml'), stringify({ placements: [accounts] }))
    const [file = '', ...words] = [...PROGRAM, 'serve', '--config', join(folder, 'cordon.yaml')]
    const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] })
    const socket = join(folder, 'api.sock')
    controller = new Controller(child, { socket, accessFile: join(folder, 'var/access.json') })
    await controller.answers()
    for (const name of ['directory', 'wireless'])
      await eventually(`${name} to be read`, SOON, async () => {
        const { state } = await controller.client.device(name)
        return state === 'ready'
      })
    const { id } = await controller.client.ask<{ id: string }>('POST', '/v1/people', {
      body: { name: 'Ann', roles: ['analyst'] },
    })
    const wanted = { name: 'Ann', roles: ['analyst'], origin: 'person', person: id, duration: '1d' }
    const { secret } = await controller.client.ask<{ secret: string }>('POST', '/v1/tokens', { body: wanted })
    analyst = terminalOf({ CORDON_URL: `unix:${socket}`, CORDON_TOKEN: secret })
  })
  after(async () => {
    await controller?.end('SIGTERM')
    await nas?.close()
    await slapd?.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  /** @returns what it says, if it ends so */
  async function says(exit: number, ...line: readonly string[]): Promise<string> {
    const ran = await analyst.run(line)
    assert.equal(ran.exit, exit, `cordon ${line.join(' ')}: ${ran.stderr}${ran.stdout}`)
    return `${ran.stdout}${ran.stderr}`
  }

  const arrives = () => nas.connect({ user: ALICE, station: STATION })
  const block = (exit = 0) =>
    says(exit, 'block', ALICE, '--reason', 'phished', '--for', '1h', '--wait', '10s', '--yes')

  it('is locked and its session ends, both come back with the release', async () => {
    await arrives()
    assert.ok(await slapd.logsIn('alice'))
    await eventually('accounting is heard', SOON, () => nas.told().answered === 1)
    assert.match(await block(), /in force/)
    assert.deepEqual([await slapd.logsIn('alice'), nas.sessions()], [false, []])
    await arrives()
    await eventually('it is ended again', SOON, () => nas.sessions().length === 0)
    await says(0, 'unblock', ALICE)
    await eventually('it is unlocked', SOON, () => slapd.logsIn('alice'))
    const answered = nas.told().answered
    await arrives()
    await eventually('accounting is heard', SOON, () => nas.told().answered > answered)
    assert.equal(nas.sessions().length, 1)
  })

  it('is in force in part where a NAS says nothing, and whole once it does', async () => {
    nas.faults.silent = true
    const said = await block(5)
    number = /Cordon#(\d+) is recorded/.exec(said)?.[1] ?? ''
    assert.match(said, /wlc1 \(127\.0\.0\.1:\d+\) has not answered/)
    assert.equal(await slapd.logsIn('alice'), false, 'the lock is there all the same')
    assert.match(await says(1, 'devices', 'check', 'wireless'), /wlc1 .* has not answered/)
    nas.faults.silent = false
    await eventually('its session is ended', SOON, () => nas.sessions().length === 0)
    await eventually('it is in force', SOON, async () =>
      /standing +in-force/.test(await says(0, 'show', number)),
    )
  })

  it('that a person unlocks meanwhile stays unlocked, and says so', async () => {
    await slapd.change('alice', 'delete', 'pwdAccountLockedTime')
    await eventually('it is told', SOON, async () => /overridden/.test(await says(0, 'show', number)))
    assert.ok(await slapd.logsIn('alice'))
    await says(0, 'unblock', ALICE)
    assert.ok(await slapd.logsIn('alice'))
  })
})

const USE = [
  { device: 'directory', as: 'account-locked' },
  { device: 'wireless', as: 'no-session' },
]

function configOf({ url }: Slapd, nas: Nas, port: number): object {
  const directory = {
    ...{ servers: [url], base: BASE, realms: ['campus.example'], bindDn: CORDON, password: 'file:directory' },
    ...{ lock: { how: 'ppolicy', policy: POLICY }, interval: 200 },
  }
  const wireless = {
    realms: ['campus.example'],
    accounting: { listen: '127.0.0.1', port, clients: [{ address: '127.0.0.1', secret: 'file:accounting' }] },
    nas: [{ name: 'wlc1', address: nas.address, port: nas.port, secret: 'file:coa', identifier: 'wlc1' }],
    ...{ retryAfter: 100, answerWithin: 1_000, interval: 300 },
  }
  return {
    listen: { host: '127.0.0.1', port: 0, socket: 'api.sock' },
    placements: 'placement.yaml',
    site: { own: ['10.8.0.0/16'], accounts: { realms: ['campus.example'] } },
    devices: [
      { name: 'directory', kind: 'ldap', config: directory },
      { name: 'wireless', kind: 'radius', config: wireless },
    ],
  }
}
