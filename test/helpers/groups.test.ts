import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'

const HERE = new URL('.', import.meta.url).href

/** Test files by their names, without `.test.mjs`. */
const FILES = {
  hooked: 'beforeEach(() => { throw new Error("of another file") })\ntest("fails by its hook", () => {})',
  good: 'test("one", () => {})\ndescribe("two and three", () => { test("2", () => {}); test("3", () => {}) })',
  empty: '',
  unloadable: 'import "./nowhere.mjs"',
  wrong: 'test("is wrong", () => { throw new Error("so it is") })',
  ends: 'test("seems good", () => {})\ntest("ends the process", () => process.exit(0))',
  later: 'test("would run", () => {})',
  leaves: 'test("leaves a rejection", () => { setTimeout(() => { throw new Error("late") }, 50) })',
}

describe('files that share a process', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'cordon-groups-'))
    const imports = 'import { beforeEach, describe, test } from "node:test"\n'
    for (const [name, text] of Object.entries(FILES))
      writeFileSync(join(folder, `${name}.test.mjs`), imports + text)
    const script = `import { runGroups } from '${HERE}../processes.mjs'
import { judge } from '${HERE}../judge.mjs'
const groups = JSON.parse(process.argv[2]).map((names) => names.map((name) => name + '.test.mjs'))
process.exitCode = judge(runGroups(groups, []), groups)`
    writeFileSync(join(folder, 'run.mjs'), script)
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  function run(...groups: readonly (keyof typeof FILES)[][]): { status: number | null; text: string } {
    const { NODE_TEST_CONTEXT: _, CORDON_COUNTS: __, CORDON_SECONDS: ___, ...env } = process.env
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(folder, 'run.mjs'), JSON.stringify(groups)],
      { cwd: folder, env, encoding: 'utf8', timeout: 60_000 },
    )
    return { status, text: stdout + stderr }
  }

  it('pass when all of them do, and are counted', () => {
    const { status, text } = run(['good', 'later'])
    assert.equal(status, 0, text)
    assert.match(text, /^ok {3}one \(1 test, /m)
    assert.match(text, /^ok {3}two and three \(2 tests, /m)
    assert.match(text, /^unit 4 \(tests that ran, by suite\)$/m)
    assert.match(text, /^2 files in 1 processes, /m)
  })

  it('fail by one that is wrong, empty or cannot be loaded, which is named, and the others run', () => {
    const { status, text } = run(['hooked', 'empty', 'unloadable', 'wrong', 'good'])
    assert.equal(status, 1, text)
    assert.match(text, /^FAIL fails by its hook /m)
    assert.match(text, /^FAIL: no test in empty\.test\.mjs\.$/m)
    assert.match(text, /^not ok: unloadable\.test\.mjs\n[\s\S]*Cannot find module/m)
    assert.match(text, /^FAIL is wrong /m)
    assert.match(text, /^ok {3}two and three \(2 tests, /m)
    assert.match(text, /^FAIL: 3 failed\.$/m)
  })

  it('fail by one that ends the process, even with success, and those behind it are named too', () => {
    const { status, text } = run(['good', 'ends', 'later'], ['leaves', 'good'])
    assert.equal(status, 1, text)
    assert.match(
      text,
      /^FAIL: the process ended in ends\.test\.mjs; so these did not run: later\.test\.mjs\.$/m,
    )
    assert.match(text, /late/)
    assert.match(
      text,
      /^FAIL: the process that ran leaves\.test\.mjs, good\.test\.mjs failed beside its tests\.$/m,
    )
  })
})
