import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import ssh2, { type Client } from 'ssh2'
import { eventually } from '../eventually.ts'
import { answerControl, controlAt } from './control-socket.ts'
import type { Device, Ground } from './device.ts'
import { EMPTY_MODEL, type FilterModel, type Packet, UDP } from './filters.ts'
import { type RunningRouter, startRouter } from './router.ts'
import type { RouterSettings } from './settings.ts'

const PACKET: Packet = {
  in: 'outside',
  out: 'inside',
  source: '198.51.100.1',
  destination: '203.0.113.9',
  protocol: UDP,
}

/** A router whose configuration is a list of blocked addresses, and whose only service is to say what it is told. */
function parrot(ground: Ground): Device {
  let blocked: readonly string[] = []
  const model = (): FilterModel => ({
    ...EMPTY_MODEL,
    lists: new Map([['blocked', blocked]]),
    attachments: [
      {
        interface: 'outside',
        direction: 'in',
        family: 4,
        filters: [
          { name: 'f', terms: [{ match: { destinations: { lists: ['blocked'] } }, verdict: 'drop' }] },
        ],
        otherwise: 'accept',
      },
    ],
  })
  return {
    serve(channel) {
      if (channel.service.kind === 'netconf') return false
      if (channel.service.kind === 'exec') {
        channel.send(`${channel.user} ${channel.service.command} `)
        channel.send(`${new Date(ground.now()).getUTCFullYear()}\n`)
        channel.end(3)
      } else channel.onBytes((bytes) => channel.send(bytes))
      return true
    },
    async boot(configuration = '') {
      blocked = configuration.split(' ').filter(Boolean)
      await ground.enforce(model())
    },
    running: () => blocked.join(' '),
    async edit(change) {
      blocked = change.split(' ')
      await ground.enforce(model())
    },
    lock: () => undefined,
    unlock: () => undefined,
    dirty: () => {
      throw new Error('nothing is shared')
    },
  }
}

const SETTINGS: RouterSettings = {
  name: 'r1',
  kind: 'parrot',
  users: [{ name: 'cordon', password: 'secret' }],
  configuration: '203.0.113.9',
  plane: 'model',
  banner: 'Keep out\n',
  maxSessions: 2,
}

describe('a router that is configured', () => {
  let router: RunningRouter
  let folder: string

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cordon-router-'))
    router = await startRouter(SETTINGS, parrot)
  })
  after(async () => {
    await router.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  test('answers OpenSSH with a command, its status, and its own clock', async () => {
    await router.control.arm({ kind: 'clock-offset', ms: 10 * 365 * 86_400_000 })
    const { stdout, code } = await openssh(router, folder, 'hello')
    await router.control.clear()
    assert.equal(stdout, `cordon hello ${new Date(Date.now() + 10 * 365 * 86_400_000).getUTCFullYear()}\n`)
    assert.equal(code, 3)
  })

  test('lets nobody in with another password, or while it refuses, and shows a changed key', async () => {
    await assert.rejects(connect(router, 'wrong'), /authentication/i)
    await router.control.arm({ kind: 'refuse-logins' })
    await assert.rejects(connect(router), /authentication/i)
    await router.control.clear()
    const before = router.hostKey.fingerprint
    await openssh(router, folder, 'hello')
    await router.control.changeHostKey()
    assert.notEqual(router.hostKey.fingerprint, before)
    const { code, stderr } = await openssh(router, folder, 'hello', false)
    assert.equal(code, 255)
    assert.match(stderr, /HOST IDENTIFICATION HAS CHANGED/)
  })

  test('takes so many sessions and no more', async () => {
    const client = await connect(router)
    const shells = await Promise.all([shell(client), shell(client)])
    await assert.rejects(shell(client))
    assert.equal((await router.control.present()).length, 2)
    for (const one of shells) one.destroy()
    client.end()
    await eventually('both to be gone', 2_000, async () => (await router.control.present()).length === 0)
  })

  test('cuts at a byte, stalls until it is released, and cuts all', async () => {
    const client = await connect(router)
    client.on('error', () => undefined)
    const stream = await shell(client)
    let heard = ''
    stream.on('data', (bytes: Buffer) => {
      heard += bytes.toString()
    })
    await router.control.arm({ kind: 'stall' })
    stream.write('abc')
    // the answer to this one comes after the router has heard the other
    await shell(client)
    assert.equal(heard, '')
    await router.control.clear('stall')
    await eventually('what was held back', 2_000, () => heard === 'abc')
    await router.control.arm({ kind: 'cut-at', bytes: 5 })
    const closed = new Promise<void>((resolve) => client.on('close', () => resolve()))
    stream.write('defg')
    await eventually('the fault to be armed with one byte left', 2_000, () => heard === 'abcdefg')
    stream.write('hijk')
    await closed
    assert.equal(heard, 'abcdefgh')
  })

  test('says nothing more once it has cut, not even how a command ended', async () => {
    await router.control.arm({ kind: 'cut-at', bytes: 3 })
    const { stdout, code } = await openssh(router, folder, 'hello')
    assert.equal(stdout, 'cor')
    assert.equal(code, 255)
  })

  test('keeps to the evaluator, and boots with an older configuration', async () => {
    const dropped = async (): Promise<boolean> => (await router.control.judge(PACKET)).dropped
    assert.equal(await dropped(), true)
    await router.control.edit('203.0.113.10')
    assert.equal(await dropped(), false)
    const { port } = router
    await router.control.reboot('203.0.113.9 203.0.113.11')
    assert.equal(router.port, port)
    assert.equal(await dropped(), true)
  })

  test('has room for so much, or says so only', async () => {
    await router.control.arm({ kind: 'entry-limit', most: 3, at: 'commit' })
    await assert.rejects(router.control.edit('203.0.113.1 203.0.113.2 203.0.113.3'), /room for 3/)
    await router.control.arm({ kind: 'entry-limit', most: 2, at: 'silent' })
    await router.control.edit('203.0.113.9 203.0.113.12')
    const last = await router.control.judge({ ...PACKET, destination: '203.0.113.12' })
    assert.equal(last.dropped, false)
    await router.control.edit('203.0.113.12 203.0.113.13 203.0.113.14')
    assert.equal((await router.control.judge({ ...PACKET, destination: '203.0.113.14' })).dropped, false)
    await router.control.clear()
  })

  test('is told all of this through a socket too', async () => {
    const path = join(folder, 'control')
    const server = answerControl(path, router.control)
    const control = controlAt(path)
    assert.deepEqual(await control.identity(), await router.control.identity())
    await control.edit('203.0.113.77')
    assert.equal(await control.running(), '203.0.113.77')
    await assert.rejects(control.dirty('x'), /nothing is shared/)
    await assert.rejects(control.arm({ kind: 'flood' } as never), /no such fault/)
    server.close()
  })

  test('tells whoever asks a process that has died, and goes on', async () => {
    const path = join(folder, 'left-behind')
    spawnSync(process.execPath, ['-e', LEAVES_ITS_SOCKET, path])
    await assert.rejects(controlAt(path).identity(), /ECONNREFUSED/)
  })
})

const LEAVES_ITS_SOCKET = `require('node:net').createServer()
  .listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** The password comes from a helper, as OpenSSH takes none on its command line. */
async function openssh(
  { port }: RunningRouter,
  folder: string,
  command: string,
  fresh = true,
): Promise<Ended> {
  const helper = join(folder, 'askpass')
  const known = join(folder, 'known_hosts')
  writeFileSync(helper, '#!/bin/sh\necho secret\n', { mode: 0o700 })
  if (fresh) writeFileSync(known, '')
  const options = [`UserKnownHostsFile=${known}`, `StrictHostKeyChecking=${fresh ? 'accept-new' : 'yes'}`]
  const words = [...['-F', '/dev/null', '-p', `${port}`], ...options.flatMap((one) => ['-o', one])]
  return await new Promise((resolve) => {
    const env = { ...process.env, SSH_ASKPASS: helper, SSH_ASKPASS_REQUIRE: 'force' }
    execFile(
      'ssh',
      [...words, 'cordon@127.0.0.1', command],
      { env, timeout: 20_000 },
      (error, stdout, stderr) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
      },
    )
  })
}

async function connect({ port }: RunningRouter, password = 'secret'): Promise<Client> {
  const client = new ssh2.Client()
  return await new Promise((resolve, reject) => {
    client.on('ready', () => resolve(client)).on('error', reject)
    client.connect({ host: '127.0.0.1', port, username: 'cordon', password })
  })
}

async function shell(client: Client): Promise<ssh2.ClientChannel> {
  return await new Promise((resolve, reject) => {
    client.shell((error, stream) => (error ? reject(error) : resolve(stream)))
  })
}
