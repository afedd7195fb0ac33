import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { stringify } from 'yaml'
import { eventually } from '../../simulator/eventually.ts'
import { type BlockJson, Controller, PROGRAM } from '../helpers/controller.ts'
import { Crowdsec, findCrowdsec } from '../helpers/crowdsec.ts'
import { makeNetns, type Netns } from '../helpers/netns.ts'

/** It is asked each second, and a device is read back. */
const SOON_MS = 10_000
const POLICIES = join(import.meta.dirname, '../../policies/rules')

const configOf = (url: string) => ({
  listen: { host: '127.0.0.1', port: 8321, socket: 'api.sock' },
  ledger: { folder: 'ledger' },
  runtimeFolder: 'run',
  accessFile: 'access.json',
  logLevel: 'warn',
  placements: 'placement.yaml',
  policies: POLICIES,
  site: { own: ['192.0.2.0/24', '2001:db8::/32'] },
  devices: [{ name: 'firewall', kind: 'nft' }],
  // More bans in a minute than an attack would be.
  limits: { breaker: { perMinute: 100 } },
  sources: [
    {
      ...{ name: 'lapi', kind: 'crowdsec', token: 'crowdsec', url, key: 'file:key', every: '1s' },
      scopes: ['Ip', 'Range', 'username'],
    },
  ],
})
const PLACEMENTS = { placements: [{ name: 'all', when: {}, use: [{ device: 'firewall', as: 'acl' }] }] }

interface SourceJson {
  readonly state: string
  readonly why?: string
  readonly taken: number
  readonly lately: readonly { readonly what: string; readonly why: string }[]
}

const found = findCrowdsec()

describe("Debian's CrowdSec, which Cordon asks each second", {
  skip: 'why' in found ? found.why : false,
}, () => {
  if ('why' in found) return
  let netns: Netns
  let folder: string
  let controller: Controller
  let crowdsec: Crowdsec

  const serve = async (): Promise<Controller> => {
    const argv = ['netns', 'exec', netns.name, ...PROGRAM, 'serve', '--config', join(folder, 'cordon.yaml')]
    const child = spawn('ip', argv, { stdio: ['ignore', 'pipe', 'pipe'] })
    const paths = { socket: join(folder, 'api.sock'), accessFile: join(folder, 'access.json') }
    const started = new Controller(child, paths)
    await started.answers()
    return started
  }
  const source = async (): Promise<SourceJson> => {
    const { sources } = await controller.client.ask<{ sources: SourceJson[] }>('GET', '/v1/sources')
    const [only] = sources
    assert.ok(only !== undefined)
    return only
  }
  const blocksOf = async (target: string): Promise<BlockJson[]> =>
    (await controller.client.list('active=true')).filter((block) => JSON.stringify(block).includes(target))
  const block = (target: string): Promise<BlockJson> =>
    eventually(`Cordon blocks ${target}`, SOON_MS, async () => (await blocksOf(target))[0])
  const filtered = (text: string): boolean =>
    netns.run('nft', 'list', 'table', 'inet', 'cordon').includes(text)
  const inForce = (text: string) =>
    eventually(`the firewall has ${text}`, SOON_MS, () => {
      try {
        return filtered(text)
      } catch {
        return false
      }
    })
  const letGo = (text: string) => eventually(`the firewall lets ${text} go`, SOON_MS, () => !filtered(text))
  const said = (what: string) =>
    eventually(`Cordon says something of ${what}`, SOON_MS, async () =>
      (await source()).lately.find((one) => one.what.includes(what)),
    )

  before(async () => {
    netns = makeNetns()
    folder = mkdtempSync(join(tmpdir(), 'cordon-crowdsec-'))
    const place = join(folder, 'crowdsec')
    mkdirSync(place)
    crowdsec = new Crowdsec({ unpacked: found.unpacked, netns, folder: place, key: 'a-key-of-the-test' })
    await crowdsec.start()
    writeFileSync(join(folder, 'key'), 'a-key-of-the-test\n')
    writeFileSync(join(folder, 'cordon.yaml'), stringify(configOf(crowdsec.url)))
    writeFileSync(join(folder, 'placement.yaml'), stringify(PLACEMENTS))
    controller = await serve()
  })
  after(async () => {
    await controller?.end('SIGKILL')
    await crowdsec?.end()
    netns?.remove()
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
  })

  test('is not followed before there is a token, which Cordon says', async () => {
    const waiting = await eventually('Cordon waits', SOON_MS, async () => {
      const now = await source()
      return now.why?.includes('token') === true && now
    })
    assert.equal(waiting.state, 'waiting')
    assert.match(waiting.why ?? '', /needs the token crowdsec: there is none/)
    const token = { name: 'crowdsec', roles: ['trigger'], origin: 'automatic', duration: '1d' }
    await controller.client.ask('POST', '/v1/tokens', { body: token })
    await eventually('Cordon follows', SOON_MS, async () => (await source()).state === 'following')
  })

  test('bans, bans for longer, and lets go', async () => {
    crowdsec.tool('decisions', 'add', '-i', '198.51.100.7', '-d', '10m')
    const first = await block('198.51.100.7')
    await inForce('198.51.100.7')
    crowdsec.tool('decisions', 'add', '-i', '198.51.100.7', '-d', '2h')
    const longer = await eventually('the block lasts longer', SOON_MS, async () => {
      const now = await controller.client.show(first.id)
      return now.until !== first.until && now
    })
    const seconds = (Date.parse(String(longer.until)) - Date.parse(String(first.until))) / 1_000
    assert.ok(Math.abs(seconds - 6_600) < 20, `${seconds} s longer`)
    assert.equal((await blocksOf('198.51.100.7')).length, 1)
    assert.ok(filtered('198.51.100.7'))
    crowdsec.tool('decisions', 'delete', '-i', '198.51.100.7')
    await letGo('198.51.100.7')
  })

  test('bans ranges, which are ranges on the device', async () => {
    crowdsec.tool('decisions', 'add', '-r', '203.0.113.64/28', '-d', '1h')
    await inForce('203.0.113.64 ')
    // All of it, by its mask, and not its first address alone.
    assert.match(
      netns.run('nft', 'list', 'table', 'inet', 'cordon'),
      /saddr & 255\.255\.255\.240 == @acl4_drop_s28/,
    )
    assert.equal((await block('203.0.113.64')).target, '203.0.113.64/28')
    crowdsec.tool('decisions', 'add', '-r', '203.0.113.135/28', '-d', '1h')
    await inForce('203.0.113.128 ')
    crowdsec.tool('decisions', 'delete', '-r', '203.0.113.64/28')
    await letGo('203.0.113.64 ')
    assert.ok(filtered('203.0.113.128 '))
  })

  test('bans for two reasons, of which one ends', async () => {
    const target = '2a00:1450:4009::9'
    crowdsec.tool('decisions', 'add', '-i', target, '-d', '1h', '-R', 'one reason')
    const listed = crowdsec.tool('decisions', 'list', '-i', target, '-o', 'json')
    const [first] = JSON.parse(listed) as { decisions: { id: number }[] }[]
    crowdsec.tool('decisions', 'add', '-i', target, '-d', '30m', '-R', 'another reason')
    await eventually('two blocks', SOON_MS, async () => (await blocksOf(target)).length === 2)
    await inForce(target)
    crowdsec.tool('decisions', 'delete', '--id', String(first?.decisions[0]?.id))
    await eventually('one block', SOON_MS, async () => (await blocksOf(target)).length === 1)
    assert.ok(filtered(target))
  })

  test('says what no block comes of: everybody, and a user', async () => {
    crowdsec.tool('decisions', 'add', '-r', '0.0.0.0/0', '-d', '10m')
    assert.match((await said('0.0.0.0/0')).why, /is everybody/)
    crowdsec.tool('decisions', 'add', '--scope', 'username', '--value', 'jo', '-d', '10m')
    assert.match((await said('username jo')).why, /scope username/)
    crowdsec.tool('decisions', 'add', '-i', '198.51.100.8', '-d', '10m', '-t', 'captcha')
    assert.match((await said('198.51.100.8')).why, /captcha/)
    assert.deepEqual(await blocksOf('198.51.100.8'), [])
  })

  test('lets go while Cordon is not there, and bans on', async () => {
    crowdsec.tool('decisions', 'add', '-i', '198.51.100.20', '-d', '1h')
    crowdsec.tool('decisions', 'add', '-i', '198.51.100.21', '-d', '1h')
    await inForce('198.51.100.20')
    await inForce('198.51.100.21')
    await controller.end('SIGKILL')
    crowdsec.tool('decisions', 'delete', '-i', '198.51.100.20')
    crowdsec.tool('decisions', 'add', '-i', '198.51.100.22', '-d', '1h')
    controller = await serve()
    await letGo('198.51.100.20')
    await inForce('198.51.100.22')
    assert.ok(filtered('198.51.100.21'))
    // What it knew already is no news.
    assert.equal((await source()).taken, 2)
  })

  test('is away and comes back, which Cordon says', async () => {
    await crowdsec.end()
    const failed = await eventually('Cordon has failed to ask', SOON_MS, async () => {
      const now = await source()
      return now.state === 'failed' && now
    })
    assert.match(failed.why ?? '', /127\.0\.0\.1:8080 cannot be asked/)
    assert.ok(filtered('198.51.100.22'))
    await crowdsec.start()
    crowdsec.tool('decisions', 'delete', '-i', '198.51.100.22')
    await letGo('198.51.100.22')
  })
})
