import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { accountsFile, exampleScript, makeScriptPlace } from '../helpers/script-place.ts'

const at = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const USERS = Array.from({ length: 9 }, (_, index) => `contract${index}`)
const NAMES = USERS.map((user) => `${user}@campus.example`)

/** Scripts with one fault each, made of the good one by putting one text in the place of another, and a law that shows it. */
const BAD: Readonly<Record<string, readonly [instead: readonly [string, string], law: RegExp]>> = {
  'forgets what it was told': [['accounts[id]["locked"] = locked', 'pass'], /apply then observe/],
  'says that everybody can be used': [['"down" if found[1] else "up"', '"up"'], /a switch goes down/],
  'never unlocks': [
    ['accounts[id]["locked"] = locked', 'accounts[id]["locked"] = True'],
    /returns to the value found/,
  ],
  'locks others, too': [
    ['accounts[id]["locked"] = locked', 'for one in accounts.values(): one["locked"] = locked'],
    /to turn one leaves everybody else/,
  ],
  'locks one whom nobody has named, too': [
    ['accounts[id]["locked"] = locked', 'accounts[id]["locked"] = accounts["108"]["locked"] = locked'],
    /what it may not touch/,
  ],
  'turns the switch round, whichever way it was told': [
    ['accounts[id]["locked"] = locked', 'accounts[id]["locked"] = not accounts[id]["locked"]'],
    /to lock what is locked/,
  ],
  'locks whom it is asked about': [
    ['return {"at"', 'set_locked(found[0], True, secrets); return {"at"'],
    /a fresh device holds nothing/,
  ],
  'goes by names where it has ids': [
    ['id == who["id"] if "id" in who else account["user"] == who["user"]', 'account["user"] == who["user"]'],
    /once it is asked by an id/,
  ],
  'ends with an error where there is no account': [
    ['return {"absent": f"there is no account {who[\'name\']}"}', 'raise KeyError(who["name"])'],
    /a name that the device does not have/,
  ],
  'takes any operation for a turn': [
    ['if asked["operation"] == "turn":', 'if True:'],
    /an operation that it does not know/,
  ],
  'talks beside its answer': [
    ['json.dump(answer', 'print("hello"); json.dump(answer'],
    /a fresh device holds nothing/,
  ],
  'adds a field of its own': [
    ['return {"done": True}', 'return {"done": True, "ticket": 1}'],
    /a switch goes down/,
  ],
  'takes too long': [
    ['set_locked(found[0], asked', 'import time; time.sleep(60); set_locked(found[0], asked'],
    /a crash between a restored device/,
  ],
}

/** The laws that a script breaks, of those that the pattern chooses. */
async function brokenLaws(text: string, law: RegExp): Promise<string[]> {
  const place = makeScriptPlace(text)
  try {
    place.put('accounts.json', accountsFile(USERS))
    const environment = { IDM_FILE: join(place.data, 'accounts.json') }
    const site = {
      ...{ config: place.config({ environment, timeout: 3_000 }), folder: place.folder },
      ...{ accounts: NAMES.slice(0, -1), bystander: NAMES.at(-1) },
    }
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const words = [
      '--import',
      'tsx',
      `--test-reporter=${at('law-lines.mjs')}`,
      `--test-name-pattern=${law.source}`,
    ]
    return await new Promise((resolve) => {
      execFile(
        process.execPath,
        [...words, at('site-script-run.ts')],
        { env: { ...env, CORDON_SITE_SCRIPT: JSON.stringify(site) } },
        (_error, stdout) => {
          const laws = stdout
            .split('\n')
            .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, string>]))
          resolve(laws.flatMap((one) => (one['result'] === 'not ok' ? [one['law'] ?? ''] : [])))
        },
      )
    })
  } finally {
    place.dispose()
  }
}

const skip = existsSync('/usr/bin/python3') ? false : 'there is no python3'

/** What is good passes them all: test/cli/adapter-test.test.ts. */
describe('the contract notices a script that', { skip }, () => {
  for (const [name, [[good, bad], law]] of Object.entries(BAD))
    it(name, async () => {
      const text = exampleScript('python').replace(good, bad)
      assert.ok(text.includes(bad), 'the example has changed')
      const broken = await brokenLaws(text, law)
      assert.ok(
        broken.some((one) => law.test(one)),
        `no failure of ${law}; broken were: ${broken.join('; ')}`,
      )
    })
})
