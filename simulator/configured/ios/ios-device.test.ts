import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { eventually } from '../../eventually.ts'
import type { Packet } from '../filters.ts'
import { type RunningRouter, startRouter } from '../router.ts'
import type { RouterSettings } from '../settings.ts'
import { iosDevice } from './ios-device.ts'
import { INSIDE, OUTSIDE } from './testing/bench.ts'
import { type Expect, type OpenSsh, openSsh } from './testing/openssh.ts'

const SETTINGS: RouterSettings = {
  name: 'r1',
  kind: 'ios-router',
  users: ['admin', 'reader', 'cordon'].map((name) => ({ name, password: 'secret' })),
  plane: 'model',
  configuration: `hostname r1
object-group network CORDON
 host 192.0.2.255
ip access-list extended EDGE
 10 deny ip object-group CORDON any
 20 permit ip any any
interface ${OUTSIDE}
 ip access-group EDGE in
end
`,
  options: {
    interfaces: [OUTSIDE, INSIDE],
    rights: { reader: { privilege: 1 }, cordon: { denied: ['write', 'copy'] } },
    enablePassword: 'open sesame',
    banner: 'Keep out',
    monitor: true,
    synchronous: true,
  },
}

const VICTIM: Packet = {
  in: OUTSIDE,
  out: INSIDE,
  source: '192.0.2.1',
  destination: '203.0.113.9',
  protocol: 17,
}

describe('an IOS-like router, spoken to by OpenSSH', () => {
  let router: RunningRouter
  let ssh: OpenSsh
  const shells: Expect[] = []

  before(() => {
    ssh = openSsh('secret')
  })
  after(() => ssh.remove())
  beforeEach(async () => {
    router = await startRouter(SETTINGS, iosDevice)
  })
  afterEach(async () => {
    for (const shell of shells.splice(0)) await shell.close()
    await router.stop()
  })

  async function logIn(user = 'admin', prompt = /r1#$/): Promise<Expect> {
    const shell = ssh.shell('127.0.0.1', router.port, user)
    shells.push(shell)
    assert.match(await shell.read(prompt), /^Keep out\r\n/)
    return shell
  }

  async function say(shell: Expect, line: string, prompt: RegExp): Promise<string> {
    shell.type(`${line}\r`)
    return await shell.read(prompt)
  }

  const dropped = async (): Promise<boolean> => (await router.control.judge(VICTIM)).dropped

  async function block(shell: Expect): Promise<void> {
    await say(shell, 'configure terminal', /\(config\)#$/)
    await say(shell, 'object-group network CORDON', /-network-group\)#$/)
    await say(shell, 'host 192.0.2.1', /host 192\.0\.2\.1\r\nr1\(config-network-group\)#$/)
  }

  test('lets a reader in, up with a password, and has what they type in force at once', async () => {
    const shell = await logIn('reader', /r1>$/)
    await say(shell, 'enable', /Password: $/)
    assert.doesNotMatch(await say(shell, 'open sesame', /r1#$/), /sesame/)
    await say(shell, 'terminal length 0', /0\r\nr1#$/)
    await block(shell)
    assert.equal(await dropped(), true)
    assert.match(await say(shell, 'end', /CONFIG_I.*\r\nr1#$/s), /by reader on vty\d+ \(127/)
    assert.match(await say(shell, 'show ip access-lists', /\d+ match.*r1#$/s), /10 deny .* \(1 match\)/)
    shell.type('exit\r')
    await shell.ended()
    assert.deepEqual(await router.control.present(), [])
  })

  test('pages by itself, and answers a single command without any of it', async () => {
    const shell = await logIn()
    await say(shell, 'show running-config', / --More-- $/)
    shell.type('q')
    await shell.read(/r1#$/)
    assert.equal(await ssh.run(router.port, 'admin', 'show privilege'), 'Current privilege level is 15\r\n')
  })

  test('keeps commands from those who have no right to them', async () => {
    const shell = await logIn('cordon')
    assert.match(await say(shell, 'write memory', /failed\.\r\n\r\nr1#$/), /Command authorization failed/)
  })

  test('takes a paste of hundreds of lines, all of it', async () => {
    const shell = await logIn()
    const hosts = Array.from({ length: 400 }, (_, at) => `host 198.51.${100 + (at >> 8)}.${at & 255}`)
    shell.type(
      ['configure terminal', 'object-group network CORDON', ...hosts, 'do show clock', ''].join('\r'),
    )
    await shell.read(/UTC .*-network-group\)#$/s)
    const running = await router.control.running()
    assert.equal(hosts.filter((host) => running.includes(` ${host} \n`)).length, 400)
    assert.equal((await router.control.judge({ ...VICTIM, source: '198.51.101.143' })).dropped, true)
  })

  test('forgets at a start what was not saved', async () => {
    const shell = await logIn()
    await block(shell)
    await router.control.reboot()
    assert.equal(await shell.ended(), 255)
    assert.equal(await dropped(), false)
    const again = await logIn()
    await block(again)
    await say(again, 'do write memory', /\[OK\]\r\n.*#$/s)
    await router.control.reboot()
    assert.equal(await dropped(), true)
    await router.control.reboot(SETTINGS.configuration)
    assert.equal(await dropped(), false)
  })

  test('does and loses its answer, or does not and says nothing', async () => {
    const shell = await logIn()
    await say(shell, 'configure terminal', /\(config\)#$/)
    await say(shell, 'object-group network CORDON', /group\)#$/)
    await router.control.arm({ kind: 'false-ok' })
    await say(shell, 'host 192.0.2.1', /192\.0\.2\.1\r\nr1\(config-network-group\)#$/)
    assert.equal(await dropped(), false)
    await router.control.arm({ kind: 'lose-reply' })
    shell.type('host 192.0.2.1\rhost 192.0.2.2\r')
    assert.equal(await shell.ended(), 255)
    await eventually('what was typed ahead of the loss to be in force', 5_000, dropped)
    assert.doesNotMatch(await router.control.running(), /192\.0\.2\.2 /)
  })

  test('is cut at a byte, stalls, is slow, and late', async () => {
    const lost = await logIn()
    await router.control.arm({ kind: 'cut-at', bytes: 40 })
    lost.type('show running-config\r')
    assert.equal(await lost.ended(), 255)
    assert.equal((await lost.read(/show/)).length, 40)
    const shell = await logIn()
    await router.control.arm({ kind: 'stall' })
    shell.type('show clock\r')
    await router.control.arm({ kind: 'slow-commit', ms: 0.5, power: 2 })
    await router.control.arm({ kind: 'late-replies', ms: 5 })
    await router.control.clear('stall')
    await shell.read(/UTC .*\r\nr1#$/)
    await block(shell)
    assert.equal(await dropped(), true)
  })

  test('has people who edit and lock', async () => {
    const shell = await logIn()
    await router.control.edit('object-group network CORDON\nhost 192.0.2.1', 'alice')
    assert.equal(await dropped(), true)
    await shell.read(/CONFIG_I: Configured from console by alice on console\r\nr1#$/)
    await assert.rejects(router.control.edit('nonsense of all'), /"nonsense of all": .*Invalid input/)
    await router.control.lock('alice')
    assert.match(await say(shell, 'conf t', /later\.\r\n\r\nr1#$/), /locked exclusively by user 'alice'/)
    await router.control.unlock()
    await say(shell, 'conf t', /\(config\)#$/)
    await assert.rejects(router.control.dirty('hostname x'), /no candidate/)
  })

  test('tells the time by its own clock', async () => {
    await router.control.arm({ kind: 'clock-offset', ms: 10 * 365 * 86_400_000 })
    const year = new Date(Date.now() + 10 * 365 * 86_400_000).getUTCFullYear()
    assert.match(await ssh.run(router.port, 'admin', 'show clock'), new RegExp(` UTC .* ${year}\r\n`))
  })

  test('says the settings that make no sense', async () => {
    await assert.rejects(
      startRouter({ ...SETTINGS, options: { interfaces: [], color: 1 } }, iosDevice),
      /ios options/,
    )
    await assert.rejects(
      startRouter({ ...SETTINGS, configuration: 'colour blue' }, iosDevice),
      /"colour blue"/,
    )
  })

  test('ends an idle session', async () => {
    const options = { ...(SETTINGS.options as object), idleMs: 50 }
    const idle = await startRouter({ ...SETTINGS, options }, iosDevice)
    const shell = ssh.shell('127.0.0.1', idle.port, 'admin')
    shells.push(shell)
    await shell.ended()
    await eventually('nobody to be there', 5_000, async () => (await idle.control.present()).length === 0)
    await idle.stop()
  })
})
