import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { BATCH, block, DRY, fake, folder, run, withFiles } from './bulk.ts'
import { problem } from './fake-api.ts'

withFiles()

test('shows the count and how long, asks once, and sends all lines with the options of the command', async () => {
  const api = await fake()
  const text = '# scanners\r\n192.0.2.7\r\n192.0.2.8 sends spam\r\n'
  const more = ['--reason', 'scans', '--to', '--ticket', 'RT#1', '--protocol', 'udp', '--rate-limit', '1M']
  const options = { tty: true, answers: ['y'], env: { ...api.env, NO_COLOR: '1' } }
  const { exit, stdout, stderr, questions } = await block(api, text, more, options)
  assert.equal(exit, EXIT.ok, stderr)
  assert.deepEqual(questions, ['Block 2 targets? [y/N] '])
  assert.match(stderr, /for each of 2 targets[\s\S]*in 1h/)
  assert.match(stderr, /does not wait for the devices: .*cordon blocks --ticket 'RT#1'/)
  assert.match(stdout, /^recorded {2}2 of 2\n$/)
  const common = {
    match: { protocol: 'udp' },
    direction: 'to',
    action: { rateLimit: 1_000_000 },
    ticket: 'RT#1',
    duration: '1h',
  }
  assert.deepEqual(api.of(BATCH)[0]?.body, {
    blocks: [
      { ...common, target: '192.0.2.7', reason: 'scans' },
      { ...common, target: '192.0.2.8', reason: 'sends spam' },
    ],
  })
})

test('any other answer than yes sends nothing', async () => {
  for (const answers of [['n'], []]) {
    const api = await fake()
    const { exit, stderr, stdout } = await block(api, '192.0.2.7 x', [], { tty: true, answers })
    assert.equal(exit, EXIT.no)
    assert.match(stderr, /nothing was blocked/)
    assert.equal(stdout, '')
    assert.equal(api.of(BATCH).length, 0)
  }
})

test('where nobody can be asked only --yes blocks, and with standard input nobody can', async () => {
  const api = await fake()
  const without = await block(api, '192.0.2.7 x')
  assert.equal(without.exit, EXIT.failure)
  assert.match(without.stderr, /--yes/)
  const words = ['--file', '-', '--for', '1h']
  const typed = await run(api, words, { input: '192.0.2.7 x', tty: true, answers: ['y'] })
  assert.equal(typed.exit, EXIT.failure)
  assert.match(typed.stderr, /standard input has the targets: say --yes/)
  assert.deepEqual(typed.questions, [])
  assert.equal(api.seen.length, 0)
  const piped = await run(api, [...words, '--yes', '-o', 'name'], { input: '192.0.2.7 x\n192.0.2.8 x\n' })
  assert.equal(piped.exit, EXIT.ok, piped.stderr)
  assert.equal(piped.stdout, 'Cordon#1\nCordon#2\n')
})

test('a line that cannot be read is told by its number, and nothing is sent', async () => {
  const api = await fake()
  const text = '192.0.2.7 x\n\n192.0.2.7/24 x\n192.0.2.9\n'
  const { exit, stdout, stderr } = await block(api, text, ['--yes'])
  assert.equal(exit, EXIT.failure)
  assert.equal(stdout, '')
  assert.match(stderr, /^hosts\.txt:3: .*write 192\.0\.2\.0\/24.*\nhosts\.txt:4: 192\.0\.2\.9 has no reason/)
  assert.match(stderr, /2 lines of hosts\.txt cannot be used; nothing was sent\n$/)
  const bad = await run(api, ['--file', '-', '--for', '1h', '--yes'], { input: 'x\u001b[2J y\n'.repeat(30) })
  assert.match(bad.stderr, /^<stdin>:1: 'x\\u001b\[2J'[\s\S]*\nand 10 more\n/)
  assert.equal(api.seen.length, 0)
})

test('files that nobody can use say why', async () => {
  const api = await fake()
  const cases: readonly (readonly [string | Uint8Array, RegExp])[] = [
    ['# nothing\n\n', /has no targets/],
    ['192.0.2.7 x\n'.repeat(100_001), /has 100001 lines; at most 100000/],
    [Buffer.from('192.0.2.7 B\xfcro', 'latin1'), /not UTF-8/],
  ]
  for (const [text, words] of cases) {
    const { exit, stderr } = await block(api, text, ['--yes'])
    assert.equal(exit, EXIT.failure)
    assert.match(stderr, words)
  }
  for (const file of ['none.txt', '.']) {
    const { exit, stderr } = await run(api, ['--file', file, '--for', '1h', '--yes'])
    assert.equal(exit, EXIT.failure)
    assert.match(stderr, /cannot be read: E/)
  }
  assert.equal(api.seen.length, 0)
})

test('wrong usage asks nobody', async () => {
  const api = await fake()
  await writeFile(join(folder, 'good.txt'), '192.0.2.7 x')
  const cases: readonly (readonly [string[], RegExp])[] = [
    [['192.0.2.7', '--file', 'good.txt', '--for', '1h'], /not both/],
    [['--for', '1h', '--reason', 'x'], /a target, or --file/],
    [['--file', 'good.txt'], /say how long/],
    [['--file', 'good.txt', '--for', '1h', '--dry-run'], /--dry-run takes one target/],
    [['--file', 'good.txt', '--for', '1h', '--wait', '5s'], /--wait takes one target/],
    [['--file', 'good.txt', '--for', '1h', '--to', '--from'], /--to/],
  ]
  for (const [words, told] of cases) {
    const { exit, stdout, stderr } = await run(api, [...words, '--yes'])
    assert.equal(exit, EXIT.failure, words.join(' '))
    assert.match(stderr, told)
    assert.equal(stdout, '')
  }
  assert.equal(api.seen.length, 0)
})

test('what is wrong with the options or the token is known before anything is sent', async () => {
  const wrong = await fake({
    [DRY]: () => problem(400, 'duration', 'duration: not a duration', { path: 'duration' }),
  })
  const { exit, stderr } = await block(wrong, '\n192.0.2.7 x', ['--yes'])
  assert.equal(exit, EXIT.failure)
  assert.match(stderr, /^cordon: hosts\.txt:2: duration: not a duration \(duration\); nothing was sent/)
  assert.equal(wrong.of(BATCH).length, 0)
  const denied = await fake({ [DRY]: () => problem(403, 'forbidden', 'this needs the right blocks:write') })
  assert.equal((await block(denied, '192.0.2.7 x', ['--yes'])).exit, EXIT.auth)
  assert.equal(denied.of(BATCH).length, 0)
})
