import assert from 'node:assert/strict'
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { EXIT } from '../../src/cli/exit.ts'
import type { Block, Explanation, Plan } from '../../src/cli/http/wire.ts'
import { buildServer } from '../../src/http/server.ts'
import { makeApp, type TestApp } from '../helpers/app.ts'
import { cordon, type HarnessOptions } from './harness.ts'

describe('against a whole controller', () => {
  let app: TestApp
  let server: FastifyInstance
  let env: Record<string, string>

  before(async () => {
    app = await makeApp()
    server = buildServer(app, { version: 'test' })
    env = { CORDON_URL: await server.listen({ host: '127.0.0.1', port: 0 }), CORDON_TOKEN: await app.root() }
  })
  after(async () => {
    await server.close()
    await app.close()
  })

  const run = (line: readonly string[], options: HarnessOptions = {}) => cordon(line, { env, ...options })
  const json = async <T>(...line: string[]): Promise<T> => {
    const { stdout } = await run([...line, '-o', 'json'])
    return JSON.parse(stdout) as T
  }
  const block = (target: string, ...more: string[]) =>
    run(['block', target, '--for', '1h', '--reason', 'scans the campus', '--yes', ...more])

  test('blocks, explains and releases', async () => {
    assert.equal((await run(['explain', '10.10.1.7'])).exit, EXIT.no)
    const made = await block('10.10.1.7', '--ticket', 'RT#1', '-o', 'json')
    assert.equal(made.exit, EXIT.ok, made.stderr)
    const { id, standing, target } = JSON.parse(made.stdout) as Block
    assert.deepEqual([standing, target], ['in-force', '10.10.1.7/32'])
    assert.match(made.stderr, /edge-1: in force \(read-back\)/)
    assert.equal((await run(['explain', '10.10.1.7'])).exit, EXIT.ok)
    const explained = await json<Explanation>('explain', '10.10.1.7')
    assert.deepEqual(
      explained.active.map((one) => one.id),
      [id],
    )
    const shown = await run(['show', `Cordon#${id}`, '--history'])
    assert.equal(shown.exit, EXIT.ok)
    assert.match(shown.stdout, /created by .* policy manual .*RT#1/)
    assert.equal((await run(['amend', String(id), '--for', '2h'])).exit, EXIT.ok)
    assert.equal((await json<Block>('show', String(id))).version, 2)
    const released = await run(['unblock', '10.10.1.7', '--why', 'cleaned'])
    assert.equal(released.exit, EXIT.ok, released.stderr)
    assert.match(released.stderr, /edge-2: gone|is released/)
    assert.equal((await run(['explain', '10.10.1.7'])).exit, EXIT.no)
    assert.equal((await run(['amend', String(id), '--for', '2h'])).exit, EXIT.failure)
  })

  test('narrowed, limited, one way', async () => {
    const options = [
      '--to',
      '--protocol',
      'udp',
      '--destination-port',
      '53',
      '--rate-limit',
      '1M',
      '-o',
      'json',
    ]
    const { exit, stdout, stderr } = await block('10.10.1.8', ...options)
    assert.equal(exit, EXIT.ok, stderr)
    const made = JSON.parse(stdout) as Block
    assert.deepEqual(made.action, { rateLimit: 1_000_000 })
    assert.equal(made.direction, 'to')
    assert.match((await run(['show', String(made.id)])).stdout, /at most 1 MB\/s per router to 10\.10\.1\.8/)
  })

  test('guards refuse in a dry run and for real', async () => {
    const dry = await run(['block', '192.0.2.53', '--for', '1h', '--reason', 'x', '--dry-run', '-o', 'json'])
    assert.equal(dry.exit, EXIT.refused)
    assert.equal((JSON.parse(dry.stdout) as Plan).taken, false)
    const real = await block('192.0.2.53')
    assert.equal(real.exit, EXIT.refused)
    assert.match(real.stderr, /resolver/)
    const wide = await block('10.10.0.0/16')
    assert.equal(wide.exit, EXIT.refused)
  })

  test('blocks what a file lists, each line by itself', async () => {
    const line = ['block', '--file', '-', '--for', '1h', '--reason', 'spam', '--ticket', 'RT#9', '--yes']
    const input = '# bulk\n10.10.3.1\n10.10.3.2 scans\n192.0.2.53\n10.10.0.0/16\n'
    const made = await run([...line, '-o', 'json'], { input })
    assert.equal(made.exit, EXIT.refused, made.stderr)
    const { lines } = JSON.parse(made.stdout) as { lines: { line: number; outcome: string }[] }
    assert.deepEqual(
      lines.map((one) => [one.line, one.outcome]),
      [
        [2, 'recorded'],
        [3, 'recorded'],
        [4, 'refused'],
        [5, 'refused'],
      ],
    )
    const { blocks } = await json<{ blocks: Block[] }>('blocks', '--ticket', 'RT#9')
    assert.deepEqual(
      blocks.map(({ target, reason }) => [target, reason]),
      [
        ['10.10.3.2/32', 'scans'],
        ['10.10.3.1/32', 'spam'],
      ],
    )
    const wrong = await run(['block', '--file', '-', '--for', '1x', '--reason', 'x', '--yes'], { input })
    assert.equal(wrong.exit, EXIT.failure)
    assert.match(wrong.stderr, /<stdin>:2: duration: .*nothing was sent/)
  })

  test('two reasons for one host are two blocks', async () => {
    await block('10.10.2.9')
    await block('10.10.2.9')
    const several = await run(['unblock', '10.10.2.9'])
    assert.equal(several.exit, EXIT.failure)
    const all = await run(['unblock', '10.10.2.9', '--all', '-o', 'name'])
    assert.equal(all.exit, EXIT.ok, all.stderr)
    assert.equal(all.stdout.trim().split('\n').length, 2)
  })

  test('asks on a terminal', async () => {
    const line = ['block', '10.10.2.10', '--until', '2099-01-01 10:00', '--reason', 'x']
    assert.equal((await run(line, { tty: true, answers: ['no'] })).exit, EXIT.no)
    assert.equal((await run(['explain', '10.10.2.10'])).exit, EXIT.no)
    assert.equal((await run(line, { tty: true, answers: ['yes'] })).exit, EXIT.ok)
  })

  test('wrong input is told with its place', async () => {
    const { exit, stderr } = await block('10.10.1.9', '--to', '--destination-port', '99999')
    assert.equal(exit, EXIT.failure)
    assert.match(stderr, /^cordon: match\.destinationPort: .*\(match-value\)\n$/)
    const target = await block('10.10.1')
    assert.match(target.stderr, /^cordon: target: /)
    assert.equal((await block('10.10.1.9', '--scope', 'moon')).exit, EXIT.failure)
  })

  test('devices are shown, held, freed and read again', async () => {
    assert.match((await run(['devices'])).stdout, /edge-1 .*memory/)
    assert.equal((await run(['devices', 'hold', 'edge-1', '--for', '1h', '--reason', 'work'])).exit, EXIT.ok)
    assert.match((await run(['devices', 'edge-1'])).stdout, /state +held/)
    const partly = await block('10.10.1.20', '--wait', '1s')
    assert.equal(partly.exit, EXIT.partial)
    assert.equal((await run(['devices', 'free', 'edge-1'])).exit, EXIT.ok)
    assert.equal((await run(['devices', 'resync', 'edge-1'])).exit, EXIT.ok)
    assert.equal((await run(['devices', 'edge-9'])).exit, EXIT.no)
  })

  test('tokens carry what they were given and no more', async () => {
    const line = [
      'token',
      'create',
      'reader',
      '--scope',
      'blocks:read',
      '--origin',
      'automatic',
      '--for',
      '1d',
    ]
    const made = await run(line)
    assert.equal(made.exit, EXIT.ok, made.stderr)
    const reader = { ...env, CORDON_TOKEN: made.stdout.trim() }
    assert.equal((await run(['blocks'], { env: reader })).exit, EXIT.ok)
    const denied = await run(['devices'], { env: reader })
    assert.equal(denied.exit, EXIT.auth)
    assert.match(denied.stderr, /devices:read/)
    const [, id = ''] = /token (\S+) /.exec(made.stderr) ?? []
    assert.equal((await run(['token', 'revoke', id])).exit, EXIT.ok)
    assert.equal((await run(['blocks'], { env: reader })).exit, EXIT.auth)
    assert.match((await run(['token', 'list'])).stdout, /reader .*revoked/)
    assert.equal((await run(['automation'])).exit, EXIT.ok)
    assert.equal((await run(['automation', 'reset'])).exit, EXIT.ok)
  })

  test('a ledger is verified while its controller runs, and damage is found', async () => {
    const sound = await run(['ledger', 'verify', app.folder])
    assert.equal(sound.exit, EXIT.ok, sound.stdout)
    assert.match(sound.stdout, /sound[\s\S]*hash of every line/)
    assert.equal((await run(['ledger', 'verify', join(app.folder, 'none')])).exit, EXIT.failure)
    const before = await readdir(app.folder)
    const path = join(app.folder, '00000001.jsonl')
    const text = await readFile(path, 'utf8')
    await writeFile(path, text.replace('"type":"block.created"', '"type":"block.creates"'))
    const damaged = await run(['ledger', 'verify', app.folder, '-o', 'json'])
    assert.equal(damaged.exit, EXIT.no)
    assert.equal((JSON.parse(damaged.stdout) as { sound: boolean }).sound, false)
    await writeFile(path, text)
    assert.deepEqual(await readdir(app.folder), before)
    await chmod(path, 0o600)
  })
})
