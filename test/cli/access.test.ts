import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { findAccess } from '../../src/cli/http/access.ts'
import { FakeApi } from './fake-api.ts'
import { cordon } from './harness.ts'

let folder: string
const uid = process.getuid?.()

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-cli-'))
})
after(() => rm(folder, { recursive: true, force: true }))

async function putFile(path: string, data: unknown, mode = 0o600): Promise<string> {
  await writeFile(path, typeof data === 'string' ? data : JSON.stringify(data))
  await chmod(path, mode)
  return path
}

const ACCESS = { url: 'http://127.0.0.1:1', token: 'from-file' }

test('the environment comes first, then the named file, then the usual places', async () => {
  const cwd = join(folder, 'places')
  await mkdir(join(cwd, 'var'), { recursive: true })
  await mkdir(join(cwd, 'config', 'cordon'), { recursive: true })
  const config = { XDG_CONFIG_HOME: join(cwd, 'config') }
  await putFile(join(cwd, 'config', 'cordon', 'access.json'), { ...ACCESS, token: 'from-config' })
  assert.equal((await findAccess({ env: config, cwd, uid })).token, 'from-config')
  await putFile(join(cwd, 'var', 'access.json'), { ...ACCESS, token: 'from-var', socket: '/run/x' })
  const local = await findAccess({ env: config, cwd, uid })
  assert.deepEqual([local.token, local.socket], ['from-var', '/run/x'])
  const named = await putFile(join(cwd, 'named.json'), ACCESS)
  assert.equal((await findAccess({ env: { CORDON_ACCESS: named }, cwd, uid })).token, 'from-file')
  const both = { CORDON_ACCESS: named, CORDON_URL: 'https://cordon.example', CORDON_TOKEN: 'x' }
  assert.equal((await findAccess({ env: both, cwd, uid })).url.host, 'cordon.example')
  const token = { CORDON_ACCESS: named, CORDON_TOKEN: 'mine' }
  assert.equal((await findAccess({ env: token, cwd, uid })).token, 'mine')
})

test("a file's token never goes to another URL", async () => {
  const named = await putFile(join(folder, 'other.json'), ACCESS)
  const env = { CORDON_ACCESS: named, CORDON_URL: 'https://elsewhere.example' }
  await assert.rejects(findAccess({ env, cwd: folder, uid }), { exit: EXIT.auth, message: /CORDON_TOKEN/ })
})

test('a file that others can reach, or that is not ours, is refused', async () => {
  for (const mode of [0o640, 0o604, 0o620, 0o610]) {
    const path = await putFile(join(folder, 'open.json'), ACCESS, mode)
    const { exit, stderr } = await cordon(['blocks'], { env: { CORDON_ACCESS: path } })
    assert.equal(exit, EXIT.auth)
    assert.match(stderr, /chmod 600/)
    assert.doesNotMatch(stderr, /from-file/)
  }
  const path = await putFile(join(folder, 'theirs.json'), ACCESS)
  const { exit, stderr } = await cordon(['blocks'], { env: { CORDON_ACCESS: path }, uid: (uid ?? 0) + 1 })
  assert.equal(exit, EXIT.auth)
  assert.match(stderr, /another user/)
})

test('a file that makes no sense is named', async () => {
  const cases: [unknown, RegExp][] = [
    ['{', /not JSON/],
    [null, /not an object/],
    [{ token: 'x' }, /no url/],
    [{ url: 'http://x' }, /no token/],
    [{ url: 'ftp://x', token: 'x' }, /not a URL/],
    [{ url: 'http://x', token: 'x', socket: 3 }, /socket/],
  ]
  for (const [data, message] of cases) {
    const path = await putFile(join(folder, 'bad.json'), data)
    await assert.rejects(findAccess({ env: { CORDON_ACCESS: path }, cwd: folder, uid }), { message })
  }
  await assert.rejects(
    findAccess({ env: { CORDON_ACCESS: join(folder, 'none') }, cwd: folder, uid }),
    /does not exist/,
  )
  await assert.rejects(findAccess({ env: { CORDON_ACCESS: folder }, cwd: folder, uid }), /not a file/)
  const env = { HOME: join(folder, 'home') }
  await assert.rejects(findAccess({ env, cwd: folder, uid }), { exit: EXIT.auth, message: /npm start/ })
})

test('a link is followed to a file that is ours alone', async () => {
  const path = await putFile(join(folder, 'real.json'), ACCESS)
  await symlink(path, join(folder, 'link.json'))
  assert.equal(
    (await findAccess({ env: { CORDON_ACCESS: 'link.json' }, cwd: folder, uid })).token,
    'from-file',
  )
})

test('nobody answers, nobody is known by that name, and something else answers', async () => {
  const refused = await cordon(['blocks'], { env: { CORDON_URL: 'http://127.0.0.1:1', CORDON_TOKEN: 'x' } })
  assert.equal(refused.exit, EXIT.failure)
  assert.match(refused.stderr, /no controller answers at http:\/\/127\.0\.0\.1:1; start one with npm start/)
  const socket = await cordon(['blocks'], { env: { CORDON_URL: 'unix:/nowhere/x.sock', CORDON_TOKEN: 'x' } })
  assert.match(socket.stderr, /no controller answers at \/nowhere\/x\.sock/)
  const other = await new FakeApi({ 'GET /v1/blocks': () => ({}) }).listen()
  const wrong = await cordon(['blocks'], { env: other.env })
  assert.equal(wrong.exit, EXIT.failure)
  assert.match(wrong.stderr, /answered GET \/v1\/blocks with nothing/)
  await other.close()
})

test('a Unix socket serves as well', async () => {
  const socket = join(folder, 'api.sock')
  const api = await new FakeApi({ 'GET /v1/blocks': () => ({ json: { blocks: [] } }) }).listen(socket)
  const path = await putFile(join(folder, 'socket.json'), { ...ACCESS, socket })
  const { exit } = await cordon(['blocks'], { env: { CORDON_ACCESS: path } })
  assert.equal(exit, EXIT.ok)
  assert.equal(api.seen[0]?.headers.authorization, 'Bearer from-file')
  await api.close()
})

test('a token never crosses a network in clear', async () => {
  const env = { CORDON_URL: 'http://cordon.invalid', CORDON_TOKEN: 'x' }
  const { exit, stderr } = await cordon(['blocks'], { env })
  assert.equal(exit, EXIT.auth)
  assert.match(stderr, /unencrypted; use https/)
})
