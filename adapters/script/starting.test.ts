import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { identityRule } from '../../src/domain/rule.ts'
import { writeExecutable } from '../../test/helpers/script-place.ts'
import { AdapterError, type Check } from '../adapter.ts'
import { identify } from '../transport/process.ts'
import type { ScriptConfig } from './config.ts'
import { whyUntrusted } from './executable.ts'
import { scriptAdapter } from './index.ts'
import { NEVER, type ScriptScene, sh, withScript } from './testing/scene.ts'

const isRoot = process.geteuid?.() === 0
const asRoot = { skip: isRoot ? false : 'only root can do this' }
const OURS = process.geteuid?.() ?? 0

async function refusal({ config, env }: Pick<ScriptScene, 'config' | 'env'>): Promise<AdapterError> {
  try {
    const session = await scriptAdapter.open(config, env)
    await session.close()
  } catch (error) {
    assert.ok(error instanceof AdapterError, String(error))
    return error
  }
  throw new Error('it was started')
}

describe('an executable that others could replace is not started', () => {
  it('one that others can write, or that is none', () =>
    withScript(sh({}), async (scene) => {
      const { file, folder } = scene.place
      for (const [mode, words] of [
        [0o777, /my-idm can be written by others \(mode 777\): chmod go-w/],
        [0o775, /written by others/],
        [0o644, /is not executable/],
      ] as const) {
        chmodSync(file, mode)
        const error = await refusal(scene)
        assert.deepEqual([error.class, error.code], ['auth', 'untrusted'])
        assert.match(error.message, words)
      }
      for (const path of [folder, join(folder, 'none'), join(file, 'below')])
        assert.notEqual(await whyUntrusted(path, OURS), undefined)
    }))

  it('one in a folder that others can write, or that a link leads to', () =>
    withScript(sh({}), async ({ place }) => {
      const open = join(place.folder, 'open')
      mkdirSync(open)
      writeExecutable(join(open, 'script'), sh({}))
      assert.equal(await whyUntrusted(join(open, 'script'), OURS), undefined)
      chmodSync(open, 0o777)
      symlinkSync(join(open, 'script'), join(place.folder, 'link'))
      symlinkSync('open', join(place.folder, 'folder'))
      for (const name of ['open/script', 'link', 'folder/script'])
        assert.match(
          (await whyUntrusted(join(place.folder, name), OURS)) ?? '',
          /open can be written by others/,
        )
      chmodSync(open, 0o1777)
      assert.equal(
        await whyUntrusted(join(place.folder, 'link'), OURS),
        undefined,
        'in a sticky one nobody replaces it',
      )
      symlinkSync('round', join(place.folder, 'round'))
      assert.match((await whyUntrusted(join(place.folder, 'round'), OURS)) ?? '', /circle of links/)
    }))

  it('one that somebody else owns', asRoot, () =>
    withScript(sh({}), async (scene) => {
      chownSync(scene.place.file, 65_534, 65_534)
      assert.match((await refusal(scene)).message, /belongs to the user 65534/)
    }),
  )

  it('nor when that has come to be since it was opened', () =>
    withScript(
      sh({ read: `echo '{"who":{}}'` }),
      async ({ place, config, env }) => {
        const session = await scriptAdapter.open(config, env)
        try {
          const down = new Promise((resolve) => session.onChange?.(resolve))
          chmodSync(place.file, 0o777)
          const change = await down
          assert.match(JSON.stringify(change), /"class":"auth".*written by others/)
        } finally {
          await session.close()
        }
      },
      { interval: 50 },
    ))
})

describe('as whom it is started', asRoot, () => {
  it('never as root unasked, nor as somebody who is not there', () =>
    withScript(sh({}), async ({ config, env }) => {
      const { user: _, ...unsaid } = config
      assert.match((await refusal({ config: unsaid, env })).message, /say in user as whom/)
      assert.match(
        (await refusal({ config: { ...config, user: 'nosuchuser' }, env })).message,
        /no user nosuchuser/,
      )
      assert.match(
        (await refusal({ config: { ...config, group: 'nosuchgroup' }, env })).message,
        /no group nosuchgroup/,
      )
    }))

  it('with nothing left of ours: user, groups, environment, folder', async () => {
    process.env['CORDON_CANARY'] = 'canary'
    await withScript(
      `#!/bin/sh
cat >/dev/null; cat /proc/self/status >"$DATA/status"; env >"$DATA/env"; pwd >"$DATA/cwd"
touch here && echo '{"who":{}}'
`,
      async ({ place, config, env }) => {
        await (await scriptAdapter.open({ ...config, group: 'daemon' }, env)).close()
        const at = (name: string): string => readFileSync(join(place.data, name), 'utf8')
        const status = (name: string): string | undefined =>
          new RegExp(`^${name}:[ \t]*(.*?)[ \t]*$`, 'm').exec(at('status'))?.[1]
        assert.equal(status('Uid'), '65534\t65534\t65534\t65534')
        assert.equal(status('Gid'), '1\t1\t1\t1')
        assert.equal(status('Groups'), '')
        assert.equal(status('NoNewPrivs'), '1')
        assert.equal(status('CapEff'), '0000000000000000')
        assert.deepEqual(
          at('env')
            .split('\n')
            .map((line) => line.split('=')[0])
            .filter((name) => !['', 'PWD', 'OLDPWD', '_', 'SHLVL'].includes(name ?? ''))
            .sort(),
          ['DATA', 'IDM_FILE', 'LANG', 'PATH'],
        )
        assert.equal(at('cwd').trim(), join(env.runtimeFolder, 'work'))
      },
    ).finally(() => delete process.env['CORDON_CANARY'])
  })
})

describe('what it has started', () => {
  /** Waits until the process is gone. */
  async function gone(file: string): Promise<void> {
    const pid = Number(readFileSync(file, 'utf8'))
    assert.ok(pid > 1)
    for (let tries = 0; identify(pid) !== undefined; tries += 1) {
      assert.ok(tries < 1_000, 'not within 10 s')
      await pause(10)
    }
  }

  it('ends with it, and keeps nobody waiting', () =>
    withScript(
      `#!/bin/sh\nsleep 600 & echo $! >"$DATA/pid"\necho '{"who":{}}'\n`,
      async ({ place, config, env }) => {
        await (await scriptAdapter.open(config, env)).close()
        await gone(join(place.data, 'pid'))
      },
    ))

  it('ends also where it heeds no request', () =>
    withScript(
      `#!/bin/sh\ntrap '' TERM\nsh -c 'trap "" TERM; echo $$ >"$DATA/pid"; while :; do sleep 1; done'\n`,
      async ({ place, config, env }) => {
        const error = await refusal({ config, env })
        assert.equal(error.class, 'timeout')
        await gone(join(place.data, 'pid'))
      },
      { timeout: 1_000 },
    ))

  it('ends when the session is closed', () =>
    withScript(
      sh({
        turn: 'echo $$ >"$DATA/pid"; sleep 600',
        read: `echo '{"who":{"alice@campus.example":{"at":"up"}}}'`,
      }),
      async ({ place, config, env }) => {
        const session = await scriptAdapter.open(config, env)
        const applying = session.apply(
          { put: [identityRule('account-locked', 'alice@campus.example')], remove: [] },
          NEVER,
        )
        applying.catch(() => undefined)
        const file = join(place.data, 'pid')
        for (let tries = 0; !hasText(file); tries += 1) {
          assert.ok(tries < 1_000, 'not within 10 s')
          await pause(10)
        }
        await session.close()
        await assert.rejects(applying, AdapterError)
        await gone(file)
      },
    ))
})

function hasText(file: string): boolean {
  try {
    return readFileSync(file, 'utf8').endsWith('\n')
  } catch {
    return false
  }
}

describe('a check', () => {
  const checked = async ({ config, env }: Pick<ScriptScene, 'config' | 'env'>): Promise<readonly Check[]> =>
    (await scriptAdapter.check?.(config, env, NEVER)) ?? []

  it('tells step by step what is wrong, and ends there', () =>
    withScript(sh({}), async ({ place, config, env }) => {
      assert.deepEqual(
        (await checked({ config, env })).map(({ what, ok }) => [what, ok]),
        [
          ['login', true],
          ['rights', true],
          ['reach', true],
        ],
      )
      writeFileSync(place.file, '#!/bin/sh\necho "cannot find idm.campus.example" >&2; exit 1\n')
      const [, , reach] = await checked({ config, env })
      assert.deepEqual(reach, {
        what: 'reach',
        ok: false,
        words: 'it ended with exit code 1: cannot find idm.campus.example',
      })
      chmodSync(place.file, 0o777)
      assert.deepEqual(
        (await checked({ config, env })).map(({ what, ok }) => [what, ok]),
        [
          ['login', true],
          ['rights', false],
        ],
      )
      const secret = async () => {
        throw new AdapterError('auth', 'file:token: the file cannot be read', 'bad-config')
      }
      const wanting = { ...config, secrets: { token: 'file:token' } }
      assert.deepEqual(await checked({ config: wanting, env: { ...env, secret } }), [
        { what: 'login', ok: false, words: 'file:token: the file cannot be read' },
      ])
      renameSync(place.file, `${place.file}.away`)
      assert.match((await checked({ config, env }))[1]?.words ?? '', /no such file/)
    }))

  it('refuses configurations that cannot work', () => {
    const why = (more: Partial<ScriptConfig>): string =>
      scriptAdapter.whyUnusable?.({ command: ['/opt/idm'], realms: ['campus.example'], ...more }) ?? ''
    assert.equal(why({ accounts: ['Alice@campus.example'] }), '')
    assert.match(why({ command: ['idm'] }), /no whole path/)
    assert.match(why({ command: ['/opt/../etc/idm'] }), /no whole path/)
    assert.match(why({ realms: ['campus'] }), /is no realm/)
    assert.match(why({ accounts: ['alice@lab.example'] }), /none of the realms/)
    assert.match(why({ accounts: ['alice'] }), /is no account/)
    assert.match(why({ group: 'idm' }), /of user, which is not there/)
  })
})
