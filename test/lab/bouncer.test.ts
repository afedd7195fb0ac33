import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { stringify } from 'yaml'
import { eventually } from '../../simulator/eventually.ts'
import { FirewallBouncer, findBouncer } from '../helpers/bouncer.ts'
import { Controller, PROGRAM } from '../helpers/controller.ts'
import { makeNetns, type Netns } from '../helpers/netns.ts'

const PORT = 8321
/** It asks each second. */
const SOON_MS = 10_000

const CONFIG = {
  listen: { host: '127.0.0.1', port: PORT, socket: 'api.sock' },
  ledger: { folder: 'ledger' },
  runtimeFolder: 'run',
  accessFile: 'access.json',
  logLevel: 'warn',
  placements: 'placement.yaml',
  site: { own: ['192.0.2.0/24', '2001:db8::/32'] },
  devices: [{ name: 'servers', kind: 'list' }],
  crowdsec: { serve: 'servers' },
}
const PLACEMENTS = { placements: [{ name: 'all', when: {}, use: [{ device: 'servers', as: 'acl' }] }] }

const found = findBouncer()

describe("Debian's crowdsec-firewall-bouncer, asking Cordon each second", {
  skip: 'why' in found ? found.why : false,
}, () => {
  if ('why' in found) return
  const { binary } = found
  let netns: Netns
  let folder: string
  let controller: Controller
  let bouncer: FirewallBouncer

  const serve = async (): Promise<Controller> => {
    const argv = ['netns', 'exec', netns.name, ...PROGRAM, 'serve', '--config', join(folder, 'cordon.yaml')]
    const child = spawn('ip', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    const paths = { socket: join(folder, 'api.sock'), accessFile: join(folder, 'access.json') }
    const started = new Controller(child, paths)
    await started.answers()
    return started
  }
  /** The seconds for which the bouncer was told to drop an address. */
  const dropping = (address: string) =>
    eventually(`the bouncer drops ${address}; it said ${bouncer.said}`, SOON_MS, () =>
      bouncer.set(address.includes(':') ? 6 : 4)?.get(address),
    )
  const dropped = (address: string) => bouncer.set(address.includes(':') ? 6 : 4)?.has(address) === true
  const letGo = (address: string) =>
    eventually(`the bouncer lets ${address} go`, SOON_MS, () => !dropped(address))

  before(async () => {
    netns = makeNetns()
    folder = mkdtempSync(join(tmpdir(), 'cordon-bouncer-'))
    writeFileSync(join(folder, 'cordon.yaml'), stringify(CONFIG))
    writeFileSync(join(folder, 'placement.yaml'), stringify(PLACEMENTS))
    controller = await serve()
    const token = { name: 'servers', roles: ['puller'], origin: 'automatic', duration: '1d' }
    const { secret: key } = await controller.client.ask<{ secret: string }>('POST', '/v1/tokens', {
      body: token,
    })
    bouncer = new FirewallBouncer({ binary, netns, folder, url: `http://127.0.0.1:${PORT}/`, key })
    await eventually(
      `the bouncer has its set; it said ${bouncer.said}`,
      SOON_MS,
      () => bouncer.set(4) !== undefined,
    )
  })
  after(async () => {
    await bouncer?.end()
    await controller?.end('SIGKILL')
    netns?.remove()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  test('drops what is blocked, in both families, for as long as the block lasts', async () => {
    await controller.client.block({ target: '203.0.113.9', duration: '10m' })
    await controller.client.block({ target: '2a00:1450:4009::9', duration: '1h' })
    const seconds = await dropping('203.0.113.9')
    assert.ok(seconds > 580 && seconds <= 600, `${seconds} s`)
    assert.ok((await dropping('2a00:1450:4009::9')) > 3_580)
  })

  test('drops a host for longer when its block is extended, and lets go when that is released', async () => {
    const { id, version } = await controller.client.block({ target: '203.0.113.20', duration: '5m' })
    assert.ok((await dropping('203.0.113.20')) <= 300)
    const headers = { 'if-match': `"${version}"` }
    await controller.client.ask('PATCH', `/v1/blocks/${id}`, { body: { duration: '2h' }, headers })
    const longer = await eventually('the element lasts longer', SOON_MS, () => {
      const seconds = bouncer.set(4)?.get('203.0.113.20') ?? 0
      return seconds > 300 && seconds
    })
    assert.ok(longer > 7_150 && longer <= 7_200, `${longer} s`)
    await controller.client.release(id)
    await letGo('203.0.113.20')
  })

  test('goes on for another reason when one of two is released', async () => {
    const first = await controller.client.block({ target: '203.0.113.30', duration: '3h' })
    await dropping('203.0.113.30')
    await controller.client.block({ target: '203.0.113.30', duration: '30m' })
    await controller.client.release(first.id)
    await eventually('the shorter of the two counts', SOON_MS, () => {
      const seconds = bouncer.set(4)?.get('203.0.113.30')
      return seconds !== undefined && seconds <= 1_800
    })
  })

  test('drops all of a /28, and leaves what another block has of it when that ends', async () => {
    const range = Array.from({ length: 16 }, (_, at) => `203.0.113.${64 + at}`)
    const block = await controller.client.block({ target: '203.0.113.64/28', duration: '1h' })
    for (const address of range) await dropping(address)
    assert.ok(!dropped('203.0.113.63') && !dropped('203.0.113.80'))
    await controller.client.block({ target: '203.0.113.70', duration: '2h' })
    await controller.client.release(block.id)
    for (const address of range.filter((one) => one !== '203.0.113.70')) await letGo(address)
    assert.ok(dropped('203.0.113.70'))
  })

  test('is not told of a wide range, and the list says so', async () => {
    const { id } = await controller.client.block({ target: '2a00:1450:4009:1::/64', duration: '1h' })
    const words = await eventually('the list to say so', SOON_MS, async () => {
      const { conditions } = await controller.client.device('servers')
      return conditions['too-wide-for-bouncer']
    })
    assert.match(
      words,
      /^1 prefix, such as 2a00:1450:4009:1::\/64, cannot be told .* \(crowdsec-firewall-bouncer\/-\)/,
    )
    assert.ok(!dropped('2a00:1450:4009:1::'))
    await controller.client.release(id)
  })

  test('keeps its set while Cordon is away, and lets go afterwards what was released at the last moment', async () => {
    const kept = await controller.client.block({ target: '203.0.113.40', duration: '1h' })
    const gone = await controller.client.block({ target: '203.0.113.41', duration: '1h' })
    await dropping('203.0.113.40')
    await dropping('203.0.113.41')
    await controller.client.release(gone.id)
    await controller.end('SIGKILL')
    controller = await serve()
    await letGo('203.0.113.41')
    assert.ok(dropped('203.0.113.40'))
    await controller.client.release(kept.id)
    await letGo('203.0.113.40')
  })
})
