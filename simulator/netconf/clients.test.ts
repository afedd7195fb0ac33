import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, test } from 'node:test'
import { Client } from 'node-netconf'
import type { DeviceMaker } from '../configured/device.ts'
import type { Packet } from '../configured/filters.ts'
import { type RunningRouter, startRouter } from '../configured/router.ts'
import { ietfRouter } from './ietf/device.ts'
import { junosRouter } from './junos/device.ts'

const TALK = join(import.meta.dirname, 'talk.py')
const PYTHON = '/usr/bin/python3'
const DEADLINE_MS = 60_000

const hasNcclient = spawnSync(PYTHON, ['-c', 'import ncclient'], { stdio: 'ignore' }).status === 0
const noNcclient = hasNcclient ? false : 'python3-ncclient is not installed'
const noYangcli = existsSync('/usr/bin/yangcli') ? false : 'yangcli is not installed'
const noOpenssh = existsSync('/usr/bin/ssh') ? false : 'ssh is not installed'

const PACKET: Packet = { in: 'eth0', source: '198.51.100.1', destination: '203.0.113.9', protocol: 17 }
const ACLS = (aces: string): string =>
  `<config><acls xmlns="urn:ietf:params:xml:ns:yang:ietf-access-control-list"><acl><name>edge</name><aces>${aces}</aces></acl></acls></config>`
const REST = '<ace><name>rest</name><actions><forwarding>accept</forwarding></actions></ace>'
const DROP =
  '<ace xmlns:y="urn:ietf:params:xml:ns:yang:1" y:insert="first"><name>d</name><matches><ipv4><destination-ipv4-network>203.0.113.9/32</destination-ipv4-network></ipv4></matches><actions><forwarding>drop</forwarding></actions></ace>'
const IETF = `<config><acls xmlns="urn:ietf:params:xml:ns:yang:ietf-access-control-list"><acl><name>edge</name><aces>${REST}</aces></acl>
<attachment-points><interface><interface-id>eth0</interface-id><ingress><acl-sets><acl-set><name>edge</name></acl-set></acl-sets></ingress></interface></attachment-points></acls></config>`
const JUNOS = `set policy-options prefix-list CORDON 192.0.2.255/32
set firewall family inet filter F term t from destination-prefix-list CORDON
set firewall family inet filter F term t then discard
set firewall family inet filter F term rest then accept
set interfaces eth0 unit 0 family inet filter input F`

describe('clients that others wrote', () => {
  const routers: RunningRouter[] = []
  const children: ChildProcess[] = []
  let folder: string

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cordon-clients-'))
    // OpenSSH takes a password from a helper only
    writeFileSync(join(folder, 'askpass'), '#!/bin/sh\necho secret\n', { mode: 0o700 })
  })
  after(async () => {
    for (const child of children) child.kill('SIGKILL')
    for (const router of routers) await router.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function start(
    make: DeviceMaker,
    configuration: string,
    options: object,
    seed = 1,
  ): Promise<RunningRouter> {
    const router = await startRouter(
      {
        name: 'r',
        kind: 'any',
        users: [{ name: 'cordon', password: 'secret' }],
        configuration,
        plane: 'model',
        options,
        seed,
      },
      make,
    )
    routers.push(router)
    return router
  }

  const dropped = async (router: RunningRouter): Promise<boolean> =>
    (await router.control.judge(PACKET)).dropped

  for (const base11 of [true, false])
    for (const seed of [1, 2, 3])
      test(`ncclient blocks and unblocks with base:1.${base11 ? 1 : 0}, chance ${seed}`, {
        skip: noNcclient,
      }, async () => {
        const router = await start(ietfRouter, IETF, { profile: { base11 } }, seed)
        const answers = await ncclient(router, 'default', [
          ['lock', { target: 'candidate' }],
          ['edit_config', { target: 'candidate', config: ACLS(DROP) }],
          ['validate', { source: 'candidate' }],
          ['commit', {}],
          ['unlock', { target: 'candidate' }],
          ['get_config', { source: 'running' }],
          ['edit_config', { target: 'candidate', config: ACLS('<ace><name>x</name><colour/></ace>') }],
          ['commit', { confirmed: true, timeout: '60' }],
          ['lock', { target: 'running' }],
        ])
        assert.equal(await dropped(router), true)
        assert.deepEqual(
          answers.map(({ error }) => error !== undefined),
          [false, false, false, false, false, false, true, false, false],
        )
        assert.match(answers[5]?.reply ?? '', /203\.0\.113\.9\/32/)
        assert.equal(answers[6]?.tag, 'unknown-element')
      })

  test('ncclient, as it speaks to Junos, loads and commits', { skip: noNcclient }, async () => {
    const router = await start(junosRouter, JUNOS, {})
    const answers = await ncclient(router, 'junos', [
      ['lock', { target: 'candidate' }],
      [
        'load_configuration',
        { action: 'set', config: 'set policy-options prefix-list CORDON 203.0.113.9/32' },
      ],
      ['commit', {}],
      ['unlock', { target: 'candidate' }],
      ['get_configuration', {}],
      [
        'load_configuration',
        { action: 'set', config: 'set firewall family inet filter F term t from source-prefix-list NONE' },
      ],
      ['commit', {}],
      ['rpc', { xml: '<get-system-uptime-information/>' }],
    ])
    assert.equal(await dropped(router), true)
    assert.deepEqual(
      answers.map(({ error, words }) => (error === undefined ? 'ok' : (words ?? error).trim())).slice(0, 6),
      ['ok', 'ok', 'ok', 'ok', 'ok', 'ok'],
    )
    assert.match(answers[6]?.words ?? '', /prefix-list 'NONE' is not defined/)
    assert.match(answers[7]?.reply ?? '', /current-time/)
  })

  test('yangcli commits what it was told', { skip: noYangcli }, async () => {
    const router = await start(ietfRouter, IETF, {})
    await router.control.dirty(ACLS(DROP))
    const script = join(folder, 'script')
    writeFileSync(script, 'get-config source=running\ncommit\nclose-session\n')
    const words = ['--server=127.0.0.1', `--ncport=${router.port}`, '--user=cordon', '--password=secret']
    const said = await run('yangcli', [...words, '--batch-mode', `--run-script=${script}`], { HOME: folder })
    assert.match(said, /base:1\.1/)
    // The answer to its goodbye it throws away when the end of the connection comes with it.
    assert.match(said, /RPC OK Reply 2 for session/, said)
    assert.equal(await dropped(router), true)
  })

  test('node-netconf commits, where replies are such that it understands them', async () => {
    const router = await start(ietfRouter, IETF, { varies: false, profile: { base11: false } })
    await router.control.dirty(ACLS(DROP))
    const client = new Client({
      host: '127.0.0.1',
      port: router.port,
      username: 'cordon',
      password: 'secret',
    })
    await new Promise<void>((resolve, reject) => client.open((error) => (error ? reject(error) : resolve())))
    const reply = await new Promise<unknown>((resolve, reject) =>
      client.rpc('commit', (error, answer) => (error ? reject(error) : resolve(answer))),
    )
    client.close()
    assert.match(JSON.stringify(reply), /"ok"/)
    assert.equal(await dropped(router), true)
  })

  test('the subsystem is there for OpenSSH, and the end of input ends it', { skip: noOpenssh }, async () => {
    const router = await start(junosRouter, JUNOS, {})
    const words = [
      '-F',
      '/dev/null',
      '-p',
      `${router.port}`,
      '-o',
      'StrictHostKeyChecking=no',
      '-o',
      'UserKnownHostsFile=/dev/null',
    ]
    const hello =
      '<hello xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><capabilities><capability>urn:ietf:params:netconf:base:1.0</capability></capabilities></hello>]]>]]>'
    const rpc =
      '<rpc message-id="1" xmlns="urn:ietf:params:xml:ns:netconf:base:1.0"><get-system-information/></rpc>]]>]]>'
    const env = { SSH_ASKPASS: join(folder, 'askpass'), SSH_ASKPASS_REQUIRE: 'force' }
    const said = await run('ssh', [...words, '-s', 'cordon@127.0.0.1', 'netconf'], env, hello + rpc)
    assert.match(said, /junos\/1\.0/)
    assert.match(said, /host-name>r</)
  })

  interface Answer {
    readonly reply?: string
    readonly error?: string
    readonly tag?: string
    readonly words?: string
  }

  async function ncclient(
    router: RunningRouter,
    device: string,
    said: readonly unknown[],
  ): Promise<Answer[]> {
    const child = spawn(PYTHON, [TALK, '127.0.0.1', `${router.port}`, device], {
      stdio: ['pipe', 'pipe', 'inherit'],
      timeout: DEADLINE_MS,
    })
    children.push(child)
    const answers: Answer[] = []
    child.stdin.end(said.map((one) => `${JSON.stringify(one)}\n`).join(''))
    for await (const line of createInterface({ input: child.stdout }))
      answers.push(JSON.parse(line) as Answer)
    assert.equal(answers.length, said.length)
    return answers
  }

  async function run(
    file: string,
    words: readonly string[],
    env: NodeJS.ProcessEnv,
    input = '',
  ): Promise<string> {
    return await new Promise((resolve) => {
      const options = { env: { ...process.env, ...env }, timeout: DEADLINE_MS, cwd: folder }
      const child = execFile(file, words, options, (_error, stdout) => resolve(stdout))
      child.stdin?.end(input)
    })
  }
})
