import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { identityRule } from '../../src/domain/rule.ts'
import { AdapterError, type Outcome } from '../adapter.ts'
import type { ScriptConfig } from './config.ts'
import { scriptAdapter } from './index.ts'
import { whoOf } from './panel.ts'
import { Script } from './script.ts'
import { NEVER, type ScriptScene, SECRET, sh, withScript } from './testing/scene.ts'

const ALICE = 'alice@campus.example'
const BOB = 'bob@campus.example'
const [LOCKED, BOBS] = [ALICE, BOB].map((name) => identityRule('account-locked', name))

const says = (text: string): string => `echo '${text}'`

/** Asks about alice, whom it had told the id 17 of. */
async function asked({ config, env }: ScriptScene): Promise<AdapterError> {
  const script = await Script.open(config, env, NEVER)
  try {
    await script.read(
      {
        operation: 'read',
        kind: 'account-locked',
        who: [whoOf(identityRule('account-locked', ALICE), '17')],
      },
      NEVER,
    )
  } catch (error) {
    assert.ok(error instanceof AdapterError, String(error))
    return error
  }
  throw new Error('it was believed')
}

describe('what is wrong with a script is told by its own code and words', () => {
  const FAULTS: readonly (readonly [string, string, string, RegExp, Partial<ScriptConfig>?])[] = [
    ['an exit code', 'echo "no route to idm" >&2; exit 3', 'script-failed', /exit code 3: no route to idm$/],
    ['a signal', 'kill -9 $$', 'script-failed', /ended by SIGKILL/],
    ['silence', 'exit 0', 'bad-answer', /printed no answer/],
    ['no JSON', says('fine'), 'bad-answer', /not one JSON document/],
    ['two documents', says('{"who":{}} {}'), 'bad-answer', /not one JSON document/],
    ['no object', says('[]'), 'bad-answer', /no JSON object/],
    ['another encoding', String.raw`printf '{"who": "\344"}'`, 'bad-answer', /not in UTF-8/],
    ['a field too many', says('{"who":{},"ok":true}'), 'bad-answer', /has what nobody knows: ok/],
    ['a field too few', says('{}'), 'bad-answer', /its answer lacks who/],
    ['nobody', says('{"who":{}}'), 'bad-answer', /'alice@campus\.example' is missing/],
    ['somebody else', says(`{"who":{"${BOB}":{"at":"up"}}}`), 'bad-answer', /not asked about 'bob@/],
    [
      'an unknown place',
      says(`{"who":{"${ALICE}":{"at":"locked"}}}`),
      'bad-answer',
      /'alice@campus\.example'\.at must be one of up, down, moving/,
    ],
    [
      'a field of one',
      says(`{"who":{"${ALICE}":{"at":"up","uid":1}}}`),
      'bad-answer',
      /'alice@campus\.example' has what nobody knows: uid/,
    ],
    [
      'another id',
      says(`{"who":{"${ALICE}":{"at":"up","id":"18"}}}`),
      'bad-answer',
      /the id '17' and tells of '18'/,
    ],
    [
      'an id left out',
      says(`{"who":{"${ALICE}":{"at":"up"}}}`),
      'bad-answer',
      /the id '17' and tells of none/,
    ],
    [
      'an unknown class',
      says('{"error":"no","class":"angry"}'),
      'bad-answer',
      /class must be one of rejected/,
    ],
    [
      'an error of its own',
      says('{"error":"closed for tonight","class":"busy"}'),
      'script-error',
      /^closed for tonight$/,
    ],
    ['too much', 'head -c 3000000 /dev/zero | tr "\\0" x', 'answer-too-long', /longer than 1 MiB/],
    ['no end of it', 'yes', 'answer-too-long', /longer than 1 MiB/],
    [
      'no end',
      'echo waiting >&2; sleep 600',
      'timeout',
      /longer than 500 ms and was ended: waiting/,
      { timeout: 500 },
    ],
  ]
  for (const [what, read, code, words, more] of FAULTS)
    it(what, () =>
      withScript(
        sh({ read }),
        async (scene) => {
          const error = await asked(scene)
          assert.equal(error.code, code, error.message)
          assert.match(error.message, words)
        },
        more,
      ),
    )

  it('an executable that cannot be run', async () => {
    for (const text of ['#!/no/such/interpreter\n', '#!/bin/sh\necho "{"\n'])
      await withScript(text, async ({ config, env }) => {
        await assert.rejects(scriptAdapter.open(config, env), (error) => {
          assert.ok(error instanceof AdapterError && error.class === 'unreachable', String(error))
          return ['script-failed', 'not-started', 'bad-answer'].includes(error.code)
        })
      })
  })
})

/** Alice and bob, each a file that is there while it is locked. */
const FILES = sh({
  read: `
  for name in alice bob; do
    case $asked in *"$name@"*)
      at=up; [ ! -e "$DATA/$name" ] || at=down
      all="$all,\\"$name@campus.example\\":{\\"at\\":\\"$at\\"}" ;;
    esac
  done
  echo "{\\"who\\":{\${all#,}}}"`,
  turn: `
  case $asked in *alice@*) . "$DATA/turn" ;; *bob@*'"to":"down"'*|*'"to":"down"'*bob@*) touch "$DATA/bob" ;; *) rm -f "$DATA/bob" ;; esac
  echo '{"done":true}'`,
})

async function applied(turn: string): Promise<readonly (Outcome | undefined)[]> {
  let outcomes: readonly (Outcome | undefined)[] = []
  await withScript(FILES, async ({ place, config, env }) => {
    place.put('turn', turn)
    assert.ok(LOCKED && BOBS)
    const session = await scriptAdapter.open(config, env)
    try {
      const receipt = await session.apply({ put: [LOCKED, BOBS], remove: [] }, NEVER)
      outcomes = [receipt.get(LOCKED.key), receipt.get(BOBS.key)]
    } finally {
      await session.close()
    }
  })
  return outcomes
}

describe('what a script does of one account', () => {
  const DONE = { result: 'done', evidence: 'read-back' }

  it('is believed when it is read, and not when it is said', async () => {
    const [alice, bob] = await applied(':')
    assert.deepEqual(bob, DONE)
    assert.ok(alice?.result === 'failed' && alice.class === 'rejected')
    assert.match(alice.words, /told to go down, and said so, and is still not down/)
  })

  it('and what it refuses is told in its words, and keeps nobody else', async () => {
    const [alice, bob] = await applied(`echo '{"error":"alice is the rector","class":"auth"}'; exit`)
    assert.deepEqual([alice, bob], [{ result: 'failed', class: 'auth', words: 'alice is the rector' }, DONE])
  })

  it('and what nobody knows of is unknown, is not forgotten, and keeps nobody else', async () => {
    for (const [turn, words] of [
      ['echo boom >&2; exit 1', /exit code 1: boom/],
      [`echo '{"error":"later","class":"busy"}'; exit`, /^later$/],
      ['echo nonsense; exit', /not one JSON document/],
    ] as const) {
      const [alice, bob] = await applied(turn)
      assert.deepEqual(bob, DONE)
      assert.ok(alice?.result === 'unknown', JSON.stringify(alice))
      assert.match(alice.words, words)
    }
  })

  it('and done is done, however badly it has ended', async () => {
    assert.deepEqual(await applied('touch "$DATA/alice"; exit 1'), [DONE, DONE])
  })
})

describe('secrets', () => {
  it('are told on standard input alone, and taken out of words', () =>
    withScript(
      sh({
        read: `printf '%s' "$asked" >"$DATA/asked"; tr '\\0' ' ' </proc/$$/cmdline >"$DATA/cmdline"; env >"$DATA/env"
        echo "login ${SECRET} or ${encodeURIComponent(SECRET)} or ${Buffer.from(SECRET).toString('base64')} failed" >&2; exit 1`,
      }),
      async (scene) => {
        const error = await asked(scene)
        assert.match(error.message, /login \*\*\* or \*\*\* or \*\*\* failed$/)
        const at = (name: string): string => readFileSync(join(scene.place.data, name), 'utf8')
        assert.deepEqual((JSON.parse(at('asked')) as { secrets: unknown }).secrets, { password: SECRET })
        assert.ok(!`${at('cmdline')}${at('env')}`.includes(SECRET))
      },
      { secrets: { password: 'file:password' } },
    ))

  it('also where words were cut off in the middle of one', () =>
    withScript(
      sh({ read: `i=0; while [ $i -lt 6000 ]; do echo -n "${SECRET}" >&2; i=$((i+1)); done; exit 1` }),
      async (scene) => {
        const { message } = await asked(scene)
        assert.doesNotMatch(message, /word|secret/)
      },
      { secrets: { password: 'file:password' } },
    ))
})

it('a script that is not there any more ends the session', () =>
  withScript(
    sh({}),
    async ({ place, config, env }) => {
      const session = await scriptAdapter.open(config, env)
      try {
        const told = new Promise((resolve) => session.onChange?.(resolve))
        place.dispose()
        assert.equal(existsSync(place.file), false)
        assert.match(JSON.stringify(await told), /"type":"down"/)
      } finally {
        await session.close()
      }
    },
    { interval: 50 },
  ))
