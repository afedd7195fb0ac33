import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Certificate, makeCertificate } from '../../test/helpers/certificate.ts'
import { BASE, noSlapd, type Slapd, startSlapd } from '../../test/helpers/slapd.ts'
import { AdapterError } from '../adapter.ts'
import type { LdapConfig } from './config.ts'
import { ldapAdapter } from './index.ts'
import {
  ALICE,
  configOf as configFor,
  done,
  envOf,
  NEVER,
  put,
  remove,
  withSession,
} from './testing/scene.ts'

const skip = noSlapd()

describe('a directory is only spoken to', { skip }, () => {
  if (skip !== false) return
  let folder: string
  let certificate: Certificate
  let other: Certificate
  let slapd: Slapd
  before(async () => {
    folder = mkdtempSync('/tmp/cordon-ldap-tls-')
    certificate = makeCertificate(folder)
    const beside = join(folder, 'other')
    execFileSync('mkdir', [beside])
    other = makeCertificate(beside, 'DNS:elsewhere.example')
    slapd = await startSlapd({
      users: ['alice'],
      certificate,
      // Whoever shows the certificate is Cordon.
      server: `authz-regexp "^cn=localhost$" "cn=cordon,${BASE}"`,
    })
  })
  after(async () => {
    await slapd.dispose()
    rmSync(folder, { recursive: true, force: true })
  })

  const fingerprintOf = ({ certFile }: Certificate): string =>
    execFileSync('openssl', ['x509', '-in', certFile, '-noout', '-fingerprint', '-sha256'], {
      encoding: 'utf8',
    })
      .replace(/^.*=/, '')
      .trim()
  const configOf = (over: Partial<LdapConfig>): LdapConfig =>
    configFor(slapd, { servers: [slapd.secureUrl], ...over })
  const works = (over: Partial<LdapConfig>): Promise<void> =>
    withSession(configOf(over), async (session) => {
      await done(put(session))
      await done(remove(session))
    })
  const isRefused = (over: Partial<LdapConfig>, words: RegExp, of = 'host-key'): Promise<void> =>
    assert.rejects(
      ldapAdapter.open(configOf(over), envOf()),
      (error) => error instanceof AdapterError && error.class === of && words.test(error.message),
    )

  it('where its certificate is vouched for, from the start and by StartTLS', async () => {
    await works({ ca: certificate.certFile })
    await works({ ca: certificate.certFile, servers: [slapd.url], startTls: true })
  })

  it('where it shows one of those that are named', async () => {
    const fingerprints = [fingerprintOf(other), fingerprintOf(certificate).toLowerCase()]
    await works({ fingerprints })
    await works({ fingerprints, servers: [slapd.url], startTls: true })
    await works({ fingerprints, ca: certificate.certFile })
  })

  it('and not where nobody vouches for it, or somebody else, or it is another one', async () => {
    await isRefused({}, /DEPTH_ZERO_SELF_SIGNED_CERT.*ca or fingerprints/)
    await isRefused({ ca: other.certFile }, /not to be trusted/)
    await isRefused({ fingerprints: [fingerprintOf(other)] }, new RegExp(fingerprintOf(certificate)))
    const tls = { servers: [slapd.url], startTls: true }
    await isRefused({ ...tls, ca: other.certFile }, /not to be trusted/)
    await isRefused({ ...tls, fingerprints: [fingerprintOf(other)] }, /not among fingerprints/)
    const checks = await ldapAdapter.check?.(configOf({}), envOf(), NEVER)
    assert.deepEqual(
      checks?.map(({ what, ok }) => `${what} ${ok}`),
      ['reach true', 'host-key false'],
    )
  })

  it('under the name in its certificate', async () => {
    const named = await startSlapd({ users: [], certificate: other })
    try {
      await isRefused(
        { servers: [named.secureUrl], ca: other.certFile },
        /altnames.*ERR_TLS_CERT_ALTNAME_INVALID/,
      )
    } finally {
      await named.dispose()
    }
  })

  it('with a certificate of ours, too', async () => {
    const { bindDn: _, password: __, ...rest } = configOf({ ca: certificate.certFile })
    const files: Readonly<Record<string, string>> = {
      'file:cert': readFileSync(certificate.certFile, 'utf8'),
      'file:key': readFileSync(certificate.keyFile, 'utf8'),
    }
    const config = { ...rest, certificate: 'file:cert', privateKey: 'file:key' }
    const env = { ...envOf(), secret: async (reference: string) => files[reference] ?? '' }
    await withSession(
      config,
      async (session) => {
        await done(put(session))
        assert.deepEqual(await slapd.values('alice', 'modifiersName'), [`cn=cordon,${BASE}`])
        await done(remove(session, ALICE))
      },
      env,
    )
  })

  it('for so long: one that accepts and says nothing is given up, and so is one that speaks no TLS', async () => {
    const sockets = new Set<{ destroy(): void }>()
    const silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as { port: number }
    try {
      const timeout = 200
      await isRefused({ timeout, servers: [`ldap://127.0.0.1:${port}`] }, /does not answer/, 'timeout')
      await isRefused({ timeout, servers: [`ldaps://127.0.0.1:${port}`] }, /in time/, 'timeout')
      const starting = { timeout, servers: [`ldap://127.0.0.1:${port}`], startTls: true }
      await isRefused(starting, /in time/, 'timeout')
    } finally {
      for (const socket of sockets) socket.destroy()
      silent.close()
    }
    await isRefused({ servers: [slapd.url.replace('ldap:', 'ldaps:')] }, /TLS/, 'unreachable')
  })
})
