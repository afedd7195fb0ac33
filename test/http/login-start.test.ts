import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startController } from '../../src/main.ts'
import { CLIENT, startIdentityProvider } from '../helpers/identity-provider.ts'

const PLACEMENTS = 'placements: [{ name: all, when: {}, use: [{ device: edge, as: acl }] }]\n'

/** The whole configuration, with a provider at this address and a secret in a file. */
function config(issuer: string): string {
  return `listen: { port: 0 }
placements: placement.yaml
logLevel: silent
site: { own: [192.0.2.0/24] }
devices: [{ name: edge, kind: memory }]
login:
  oidc:
    issuer: ${issuer}
    clientId: ${CLIENT.id}
    clientSecret: file:secret
    redirectUrl: http://cordon.test/login/callback
    roles: [{ group: csirt, roles: [analyst] }]
`
}

test('a controller starts while its provider is down, and logs people in once it is there', async (t) => {
  const idp = await startIdentityProvider()
  await idp.stop()
  const folder = await mkdtemp(join(tmpdir(), 'cordon-login-'))
  await writeFile(join(folder, 'placement.yaml'), PLACEMENTS)
  await writeFile(join(folder, 'secret'), `${CLIENT.secret}\n`)
  const configPath = join(folder, 'cordon.yaml')
  await writeFile(configPath, config(idp.issuer))
  const onFatal = (error: unknown): void => assert.fail(String(error))
  const controller = await startController({ configPath, version: 'test', env: {}, onFatal })
  t.after(async () => {
    await controller.close()
    await idp.stop()
    await rm(folder, { recursive: true, force: true })
  })
  const login = () => fetch(`${controller.url}/login`, { redirect: 'manual' })
  assert.equal((await login()).status, 503)
  assert.equal((await fetch(`${controller.url}/readyz`)).status, 200)
  await idp.start()
  const answer = await login()
  assert.equal(answer.status, 303)
  const at = new URL(answer.headers.get('location') ?? '')
  assert.deepEqual([at.origin, at.searchParams.get('client_id')], [idp.issuer, CLIENT.id])
})
