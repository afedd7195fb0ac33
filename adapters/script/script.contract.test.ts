import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe } from 'node:test'
import { type Action, identityRule, type Rule } from '../../src/domain/rule.ts'
import { scriptLaws } from '../../test/contract/laws-script.ts'
import { type ScriptSite, scriptFixture } from '../../test/contract/site-script.ts'
import { adapterContract } from '../../test/contract/suite.ts'
import {
  accountsFile,
  exampleScript,
  makeScriptPlace,
  type ScriptPlace,
  sessionsScript,
  writeExecutable,
} from '../../test/helpers/script-place.ts'

const USERS = Array.from({ length: 9 }, (_, at) => `contract${at}`)
const [BYSTANDER = '', ...ACCOUNTS] = USERS.map((user) => `${user}@campus.example`)
const TOKEN = 'token-of-the-identity-system'
const NOBODY_HERE = '{"live":{},"kept":{}}'

/** Passes on to the script, but for when it is told to sit and wait, or to fail once. */
const GATE = `#!/bin/sh
while [ -e "$DATA/stalled" ]; do sleep 0.05; done
if [ -e "$DATA/cut" ]; then rm -f "$DATA/cut"; echo 'cannot reach the system' >&2; exit 3; fi
exec "$@"
`

describe('the example in sh', { skip: without('/usr/bin/jq') }, () => {
  if (!existsSync('/usr/bin/jq')) return
  const place = makeScriptPlace(exampleScript('sh'))
  after(() => place.dispose())
  place.put('locked/.keep', '')
  for (const user of USERS) place.put(`accounts/${user}`, '')
  scriptLaws(siteOf(place, [place.file]))
})

describe('the example in python, with sessions', { skip: without('/usr/bin/python3') }, () => {
  if (!existsSync('/usr/bin/python3')) return
  const place = makeScriptPlace(sessionsScript())
  after(() => place.dispose())
  place.put('accounts.json', accountsFile(USERS))
  const gate = join(place.folder, 'gate')
  writeExecutable(gate, GATE)
  const flag = (name: string): string => join(place.data, name)
  const given = siteOf(place, [gate, place.file])
  const site: ScriptSite = {
    ...given,
    config: { ...given.config, kinds: ['account-locked', 'no-session'], stations: ['drop', 'quarantine'] },
  }
  const fixture = scriptFixture(site, {
    truth: async () => heldIn(place),
    cut: async () => writeFileSync(flag('cut'), ''),
    stall: async () => {
      writeFileSync(flag('stalled'), '')
      return async () => rmSync(flag('stalled'))
    },
  })
  const start = (): ReturnType<typeof fixture.start> => {
    place.put('sessions.json', NOBODY_HERE)
    return fixture.start()
  }
  adapterContract({ ...fixture, start, secret: TOKEN })
})

function without(tool: string): string | false {
  return existsSync(tool) ? false : `there is no ${tool}`
}

function siteOf(place: ScriptPlace, command: string[]): ScriptSite {
  const environment = {
    DATA: place.data,
    IDM_FILE: join(place.data, 'accounts.json'),
    IDM_FOLDER: place.data,
    SESSIONS_FILE: join(place.data, 'sessions.json'),
  }
  return {
    config: place.config({ command, environment, secrets: { token: 'file:token' }, timeout: 5_000 }),
    ...{ accounts: ACCOUNTS, bystander: BYSTANDER, secret: async () => TOKEN },
  }
}

/** What the example itself has kept, past the adapter and past the script. */
function heldIn({ data }: ScriptPlace): Rule[] {
  const read = (name: string): unknown => JSON.parse(readFileSync(join(data, name), 'utf8'))
  const accounts = Object.values(read('accounts.json') as Record<string, { user: string; locked: boolean }>)
  const { kept } = read('sessions.json') as { kept: Record<string, Action['do']> }
  return [
    ...accounts
      .map(({ user, locked }) => ({ name: `${user}@campus.example`, locked }))
      .filter(({ name, locked }) => locked && name !== BYSTANDER)
      .map(({ name }) => identityRule('account-locked', name)),
    ...Object.entries(kept).map(([name, action]) =>
      identityRule('no-session', name, { do: action } as Action),
    ),
  ]
}
