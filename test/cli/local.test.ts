import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../../src/cli/exit.ts'
import { aBlock, aPlan, FakeApi, type Routes } from './fake-api.ts'
import { cordon } from './harness.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-local-'))
})
after(() => rm(folder, { recursive: true, force: true }))

test('a configuration with mistakes is told place by place', async () => {
  await writeFile(join(folder, 'cordon.yaml'), 'site:\n  own: [192.0.2.0/24]\nnonsense: 1\n')
  const { exit, stdout, stderr } = await cordon(['config', 'check'], { cwd: folder })
  assert.equal(exit, EXIT.no)
  assert.match(stdout, /cordon\.yaml:3:\d+:? nonsense: /)
  assert.match(stderr, /cannot be used/)
  const missing = await cordon(['config', 'check', 'none.yaml', '-o', 'json'], { cwd: folder })
  assert.equal(missing.exit, EXIT.no)
  assert.match(missing.stdout, /cannot be read/)
})

const BINARY = fileURLToPath(new URL('../../src/cli/cordon.mjs', import.meta.url))

const open: { api?: FakeApi; children: ChildProcess[] } = { children: [] }
afterEach(async () => {
  for (const child of open.children.splice(0)) child.kill('SIGKILL')
  await open.api?.close()
})

async function fake(routes: Routes): Promise<FakeApi> {
  open.api = await new FakeApi({ 'POST /v1/blocks:dryRun': () => ({ json: aPlan() }), ...routes }).listen()
  return open.api
}

/** Runs a program to its end. `on` hears all that it has said so far, each time it says more. */
async function runProgram(
  command: string,
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  on: (text: string, child: ChildProcess) => void = () => {},
): Promise<{ exit: number | null; text: string }> {
  const child = spawn(command, words, { env: { ...process.env, ...env }, stdio: 'pipe' })
  open.children.push(child)
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part
      on(text, child)
    })
  const exit = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { exit, text }
}

const BLOCK = ['block', '192.0.2.7', '--for', '1h', '--reason', 'x']
const PATIENCE = { timeout: 60_000 }

test('the command itself: asks on a terminal and takes the answer', PATIENCE, async () => {
  const { env } = await fake({ 'POST /v1/blocks': () => ({ status: 201, json: aBlock() }) })
  const line = [process.execPath, BINARY, ...BLOCK].map((word) => `'${word}'`).join(' ')
  const answered = { done: false }
  const { exit, text } = await runProgram('script', ['-qec', line, '/dev/null'], env, (said, child) => {
    if (answered.done || !said.includes('[y/N]')) return
    answered.done = true
    child.stdin?.write('y\n')
  })
  assert.equal(exit, EXIT.ok, text)
  assert.match(text, /Block on 2 devices\?/)
  assert.ok(text.includes('\u001b['))
  assert.match(text, /Cordon#12/)
})

test('the command itself: Ctrl-C at the question is 130 and blocks nothing', PATIENCE, async () => {
  const api = await fake({})
  const line = [process.execPath, BINARY, ...BLOCK].map((word) => `'${word}'`).join(' ')
  const typed = { done: false }
  const { exit, text } = await runProgram('script', ['-qec', line, '/dev/null'], api.env, (said, child) => {
    if (typed.done || !said.includes('[y/N]')) return
    typed.done = true
    child.stdin?.write('\u0003')
  })
  assert.equal(exit, EXIT.interrupted, text)
  assert.match(text, /nothing was blocked/)
  assert.equal(api.of('POST /v1/blocks').length, 0)
})

test('the command itself: piped, it is plain and needs --yes', PATIENCE, async () => {
  const { env } = await fake({})
  const { exit, text } = await runProgram(process.execPath, [BINARY, ...BLOCK], env)
  assert.equal(exit, EXIT.failure)
  assert.match(text, /--yes/)
  assert.ok(!text.includes('\u001b'))
})

test('the command itself: Ctrl-C is 130', PATIENCE, async () => {
  const pending = () => ({ json: aBlock({ standing: 'pending', holdings: [] }) })
  const { env } = await fake({ 'POST /v1/blocks': pending, 'GET /v1/blocks/12': pending })
  const words = [BINARY, ...BLOCK, '--yes', '--wait', '1m']
  const sent = { done: false }
  const { exit, text } = await runProgram(process.execPath, words, env, (said, child) => {
    if (sent.done || !said.includes('is recorded')) return
    sent.done = child.kill('SIGINT')
  })
  assert.equal(exit, EXIT.interrupted, text)
  assert.match(text, /Cordon#12 is recorded and stands/)
})
