import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, test } from 'node:test'
import { stringify } from 'yaml'
import { EXIT } from '../../src/cli/exit.ts'
import { accountsFile, exampleScript, makeScriptPlace, type ScriptPlace } from '../helpers/script-place.ts'
import { cordon } from './harness.ts'

const USERS = Array.from({ length: 9 }, (_, index) => `contract${index}`)
const LINE = ['adapter', 'test', 'script', './my-idm', '--config', 'idm.yaml']

const open: { place?: ScriptPlace } = {}
afterEach(() => open.place?.dispose())

/** A folder with the example in Python, changed so, and what a site has beside it. */
function made(change: (text: string) => string = (text) => text): ScriptPlace {
  const place = makeScriptPlace(change(exampleScript('python')))
  open.place = place
  place.put('accounts.json', accountsFile(USERS))
  const { command: _, ...config } = place.config({
    environment: { IDM_FILE: join(place.data, 'accounts.json') },
    secrets: { token: 'file:token' },
  })
  writeFileSync(join(place.folder, 'idm.yaml'), stringify(config))
  writeFileSync(join(place.folder, 'token'), 'the-token-of-the-idm\n')
  return place
}

const python = { skip: existsSync('/usr/bin/python3') ? false : 'there is no python3' }

describe('cordon adapter test script', python, () => {
  test('holds a script to the contract, and says first what it locks', async () => {
    const { folder, data } = made()
    const { exit, stdout, stderr, questions } = await cordon([...LINE, '-o', 'json'], {
      ...{ cwd: folder, env: process.env, tty: true, answers: ['y'] },
    })
    assert.equal(exit, EXIT.ok, stderr)
    assert.equal(questions.length, 1)
    assert.match(stderr, /many times: contract0@campus\.example, .*contract7@campus\.example\n/)
    assert.match(stderr, /never touch: contract8@campus\.example\n/)
    assert.match(stderr, /ok +a switch goes down and returns/)
    const { laws } = JSON.parse(stdout) as { laws: { law: string; result: string }[] }
    assert.ok(laws.length > 30)
    assert.deepEqual([...new Set(laws.map(({ result }) => result))].sort(), ['not tried', 'ok'])
    assert.doesNotMatch(readFileSync(join(data, 'accounts.json'), 'utf8'), /true/)
  })

  test('names the laws that a script breaks, and unlocks what it has left', async () => {
    const { folder, data } = made((text) => text.replace('"done": True', '"done": True, "ticket": 1'))
    const fewest = USERS.slice(0, 6).flatMap((user) => ['--account', `${user}@campus.example`])
    const { exit, stdout } = await cordon([...LINE, ...fewest, '--yes'], { cwd: folder, env: process.env })
    assert.equal(exit, EXIT.no)
    assert.match(stdout, /^not ok +a switch goes down.*has what nobody knows: ticket/m)
    assert.doesNotMatch(stdout, /^ok/m)
    assert.doesNotMatch(readFileSync(join(data, 'accounts.json'), 'utf8'), /true/)
  })

  test('locks nothing where a test account is not there, or is locked already', async () => {
    const { folder, data, put } = made()
    const before = accountsFile(USERS).replace('false', 'true')
    put('accounts.json', before)
    const locked = await cordon([...LINE, '--yes'], { cwd: folder, env: process.env })
    assert.equal(locked.exit, EXIT.no)
    assert.match(locked.stderr, /somebody has locked contract0@campus\.example: unlock them/)
    const names = [...USERS.slice(1, 6), 'nosuch'].flatMap((user) => ['--account', `${user}@campus.example`])
    const absent = await cordon([...LINE, ...names, '--yes'], { cwd: folder, env: process.env })
    assert.equal(absent.exit, EXIT.no)
    assert.match(absent.stderr, /there is no account nosuch@campus\.example/)
    assert.equal(readFileSync(join(data, 'accounts.json'), 'utf8'), before)
  })

  test('locks nothing unasked', async () => {
    const { folder } = made()
    const asked = await cordon(LINE, { cwd: folder, env: process.env, tty: true, answers: ['n'] })
    assert.deepEqual([asked.exit, /nothing was locked/.test(asked.stderr)], [EXIT.no, true])
    const unasked = await cordon(LINE, { cwd: folder, env: process.env })
    assert.equal(unasked.exit, EXIT.failure)
    assert.match(unasked.stderr, /say --yes/)
  })

  test('says what is wrong with how it was called', async () => {
    const { folder } = made()
    writeFileSync(join(folder, 'odd.yaml'), 'realms: [campus.example]\ncommand: [/bin/true]\n')
    for (const [words, said] of [
      [['adapter', 'test', 'ldap', './my-idm'], /no test for the kind 'ldap'/],
      [['adapter', 'test', 'script', './my-idm'], /whose accounts these are: --realm/],
      [[...LINE.slice(0, 4), '--config', 'odd.yaml'], /odd\.yaml:2:\d+: .*command/],
      [[...LINE, '--account', 'a@campus.example'], /at least 6 test accounts/],
      [[...LINE, ...USERS.flatMap((user) => ['--account', `${user}@lab.example`])], /none of the realms/],
    ] as const) {
      const { exit, stderr } = await cordon(words, { cwd: folder, env: process.env })
      assert.equal(exit, EXIT.failure, stderr)
      assert.match(stderr, said)
    }
  })
})
