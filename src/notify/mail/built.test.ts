import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'cordon-built-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** What a controller that was built runs: no TypeScript, no tsx. */
const TRY = `
import { readMail } from './build/src/notify/mail/read-mail.js'
const clock = { now: Date.now, monotonic: () => 0, after: (ms, run) => { const timer = setTimeout(run, ms); return () => clearTimeout(timer) } }
const { subject } = await readMail(Buffer.from('From: a@b.example\\r\\nSubject: built\\r\\n\\r\\nx'), { clock })
const refused = await readMail(Buffer.from('\\r\\nx'), { clock }).catch((error) => error.code)
process.stdout.write(subject + ' ' + refused)
`

it('a mail is read by the thread of the build, too', () => {
  const files = ['read-mail.ts', 'mail-worker.ts'].map((name) => join(ROOT, 'src/notify/mail', name))
  const types = {
    typeRoots: [join(ROOT, 'node_modules/@types')],
    rootDir: ROOT,
    outDir: join(folder, 'build'),
  }
  const config = { extends: join(ROOT, 'tsconfig.build.json'), compilerOptions: types, include: [], files }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  writeFileSync(join(folder, 'try.mjs'), TRY)
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const run = (...words: string[]) =>
    execFileSync(process.execPath, words, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  run(join(ROOT, 'node_modules/typescript/bin/tsc'), '--noCheck', '-p', folder)
  assert.equal(run('try.mjs'), 'built no-sender')
})
