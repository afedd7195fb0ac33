import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CORDON, PEOPLE } from '../../test/helpers/slapd.ts'
import { type LdapConfig, whyUnusable } from './config.ts'

describe('the configuration of a directory', () => {
  const config: LdapConfig = {
    servers: ['ldaps://dc1.campus.example'],
    ...{ base: PEOPLE, realms: ['campus.example'], lock: { how: 'active-directory' } },
    ...{ bindDn: CORDON, password: 'directory-password' },
  }
  it('never says a password in clear', () => {
    assert.equal(whyUnusable(config), undefined)
    assert.equal(whyUnusable({ ...config, servers: ['ldap://127.0.0.1:389', 'ldap://[::1]'] }), undefined)
    assert.match(whyUnusable({ ...config, servers: ['ldap://dc1.campus.example'] }) ?? '', /is not encrypted/)
    assert.equal(
      whyUnusable({ ...config, servers: ['ldap://dc1.campus.example'], startTls: true }),
      undefined,
    )
    assert.match(
      whyUnusable({ ...config, replicas: ['ldap://127.0.0.1.campus.example'] }) ?? '',
      /is not encrypted/,
    )
  })
  it('has a password for whom it logs in as, and certificates that are some', () => {
    assert.match(whyUnusable({ ...config, certificate: 'file:/etc/cordon/ldap.pem' }) ?? '', /go together/)
    assert.match(whyUnusable({ ...config, ca: '/nonexistent' }) ?? '', /ENOENT/)
    assert.match(
      whyUnusable({ ...config, ca: new URL(import.meta.url).pathname }) ?? '',
      /no PEM certificate/,
    )
  })
})
