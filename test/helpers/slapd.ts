import { accessSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Attribute, Change, Client } from 'ldapts'
import { eventually } from '../../simulator/eventually.ts'
import type { Certificate } from './certificate.ts'
import { freePort, Restartable } from './daemon.ts'

export const BASE = 'dc=campus,dc=example'
export const PEOPLE = `ou=people,${BASE}`
/** Beside them. */
export const ALUMNI = `ou=alumni,${BASE}`
export const ADMIN = `cn=admin,${BASE}`
/** What Cordon logs in as: it may read everybody and write what locks them. */
export const CORDON = `cn=cordon,${BASE}`
/** May read everybody and write nothing. */
export const READER = `cn=reader,${BASE}`
export const PASSWORD = 'slapd-secret-7'
export const POLICY = `cn=policy,${BASE}`
export const GROUP = `cn=locked,${BASE}`

/** Why no directory can be started here, or false: what `skip` of a test takes. */
export function noSlapd(): string | false {
  try {
    accessSync('/usr/sbin/slapd')
    return false
  } catch {
    return 'slapd is not installed'
  }
}

export interface Slapd {
  readonly url: string
  /** By TLS from the start, where it has a certificate. */
  readonly secureUrl: string
  readonly pid: number | undefined
  /** As an administrator, who knows nothing of Cordon. */
  change(
    user: string,
    operation: 'add' | 'delete' | 'replace',
    type: string,
    values?: readonly string[],
  ): Promise<void>
  add(dn: string, attributes: Readonly<Record<string, string | string[] | Buffer>>): Promise<void>
  remove(user: string): Promise<void>
  /** @param to another uid, or a DN below which it is from now on */
  rename(user: string, to: string): Promise<void>
  values(user: string, type: string): Promise<readonly string[]>
  /** Whether somebody can log in. */
  logsIn(user: string, password?: string): Promise<boolean>
  start(): Promise<void>
  stop(): Promise<void>
  dispose(): Promise<void>
}

export interface SlapdOptions {
  readonly users?: readonly string[]
  readonly readOnly?: boolean
  /** Whether the password policy locks out; it does unless told. */
  readonly lockout?: boolean
  /** Lines of slapd.conf ahead of the database; before its access rules; and at its end, such as overlays. */
  readonly server?: string
  readonly access?: string
  readonly database?: string
  /** Answers at `ldaps://localhost` too, and to StartTLS. */
  readonly certificate?: Certificate
  /** Has nothing of its own: it is filled by another server. */
  readonly empty?: boolean
}

/** The words of Active Directory that Cordon uses, in OpenLDAP: what they mean there is not in it. */
const SCHEMA = `
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9.99 NAME 'microsoftAccount' SUP top AUXILIARY MAY ( userAccountControl $ objectGUID $ sAMAccountName ) )
`

const WRITES = 'pwdAccountLockedTime,userAccountControl,employeeType,member'

function tlsText({ certFile, keyFile }: Certificate): string {
  return `TLSCertificateFile ${certFile}
TLSCertificateKeyFile ${keyFile}
TLSCACertificateFile ${certFile}
TLSVerifyClient try`
}

function configText(folder: string, options: SlapdOptions): string {
  const { readOnly = false, certificate, server = '', access = '', database = '' } = options
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
${SCHEMA}
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload refint
moduleload syncprov
pidfile ${folder}/pid
argsfile ${folder}/args
${certificate === undefined ? '' : tlsText(certificate)}
${server}
database mdb
suffix "${BASE}"
rootdn "${ADMIN}"
rootpw ${PASSWORD}
directory ${folder}/db
maxsize 16777216
dbnosync
index objectClass,uid,entryUUID,entryCSN eq
${readOnly ? 'readonly on' : ''}
${access}
access to attrs=userPassword by anonymous auth by * none
access to attrs=${WRITES} by dn.exact="${CORDON}" write by * read
access to * by * read
overlay ppolicy
ppolicy_default "${POLICY}"
${database}
`
}

export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  const folder = mkdtempSync('/tmp/cordon-slapd-')
  mkdirSync(join(folder, 'db'))
  const url = `ldap://127.0.0.1:${await freePort('127.0.0.1')}`
  const { certificate } = options
  const secureUrl = `ldaps://localhost:${await freePort('127.0.0.1')}`
  const urls = [`${url}/`, ...(certificate === undefined ? [] : [`${secureUrl}/`])].join(' ')
  const file = join(folder, 'slapd.conf')
  const configure = (readOnly: boolean): void =>
    writeFileSync(file, configText(folder, { ...options, readOnly }), { mode: 0o600 })
  configure(false)
  const slapd = new Running(
    folder,
    { url, secureUrl },
    new Restartable(['/usr/sbin/slapd', '-d', '0', '-h', urls, '-f', file]),
  )
  await slapd.start()
  if (options.empty !== true) await fill(slapd, options)
  if (options.readOnly === true) {
    await slapd.stop()
    configure(true)
    await slapd.start()
  }
  return slapd
}

class Running implements Slapd {
  readonly url: string
  readonly secureUrl: string
  readonly #folder: string
  readonly #daemon: Restartable

  constructor(folder: string, { url, secureUrl }: Pick<Slapd, 'url' | 'secureUrl'>, daemon: Restartable) {
    this.#folder = folder
    this.url = url
    this.secureUrl = secureUrl
    this.#daemon = daemon
  }

  get pid(): number | undefined {
    return this.#daemon.pid
  }

  change(
    user: string,
    operation: 'add' | 'delete' | 'replace',
    type: string,
    values: readonly string[] = [],
  ) {
    const modification = new Attribute({ type, values: [...values] })
    return this.#asAdmin((client) => client.modify(dnOf(user), new Change({ operation, modification })))
  }

  add(dn: string, attributes: Parameters<Slapd['add']>[1]): Promise<void> {
    return this.#asAdmin((client) => client.add(dn, attributes as Record<string, string>))
  }

  remove(user: string): Promise<void> {
    return this.#asAdmin((client) => client.del(dnOf(user)))
  }

  rename(user: string, to: string): Promise<void> {
    const newDn = to.includes('=') ? `uid=${user},${to}` : `uid=${to}`
    return this.#asAdmin((client) => client.modifyDN(dnOf(user), newDn))
  }

  values(user: string, type: string): Promise<readonly string[]> {
    return this.#asAdmin(async (client) => {
      const { searchEntries } = await client.search(dnOf(user), { scope: 'base', attributes: [type] })
      return [searchEntries[0]?.[type] ?? []].flat().map(String)
    })
  }

  async logsIn(user: string, password = `password of ${user}`): Promise<boolean> {
    return this.#as(dnOf(user), password, async () => true).catch(() => false)
  }

  async start(): Promise<void> {
    this.#daemon.start()
    await eventually('slapd to answer', 10_000, () => this.#asAdmin(async () => true).catch(() => false))
  }

  stop(): Promise<void> {
    return this.#daemon.stop()
  }

  async dispose(): Promise<void> {
    await this.#daemon.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }

  #asAdmin<T>(run: (client: Client) => Promise<T>): Promise<T> {
    return this.#as(ADMIN, PASSWORD, run)
  }

  async #as<T>(dn: string, password: string, run: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({ url: this.url, timeout: 5_000, connectTimeout: 1_000 })
    try {
      await client.bind(dn, password)
      return await run(client)
    } finally {
      await client.unbind().catch(() => undefined)
    }
  }
}

/** Of a user by their name, or what is a name of an entry already. */
function dnOf(user: string): string {
  return user.includes('=') ? user : `uid=${user},${PEOPLE}`
}

async function fill(slapd: Slapd, { users = ['alice', 'bob'], lockout = true }: SlapdOptions): Promise<void> {
  await slapd.add(BASE, { objectClass: ['dcObject', 'organization'], dc: 'campus', o: 'Campus' })
  for (const dn of [PEOPLE, ALUMNI])
    await slapd.add(dn, { objectClass: 'organizationalUnit', ou: /^ou=([^,]+)/.exec(dn)?.[1] ?? '' })
  for (const dn of [CORDON, READER])
    await slapd.add(dn, {
      ...{ objectClass: ['organizationalRole', 'simpleSecurityObject'], userPassword: PASSWORD },
      cn: /^cn=([^,]+)/.exec(dn)?.[1] ?? '',
    })
  // Without this OpenLDAP takes the lock in, and lets the account log in all the same.
  await slapd.add(POLICY, {
    ...{
      objectClass: ['device', 'pwdPolicy'],
      cn: 'policy',
      pwdAttribute: 'userPassword',
      pwdLockout: lockout ? 'TRUE' : 'FALSE',
    },
  })
  await slapd.add(GROUP, { objectClass: 'groupOfNames', cn: 'locked', member: CORDON })
  for (const [index, user] of users.entries()) await addUser(slapd, user, index)
}

export async function addUser(slapd: Slapd, user: string, index = 0): Promise<void> {
  const guid = Buffer.alloc(16, index + 1)
  guid.write(user.slice(0, 8))
  await slapd.add(`uid=${user},${PEOPLE}`, {
    objectClass: ['inetOrgPerson', 'microsoftAccount'],
    ...{ uid: user, cn: user, sn: user, userPassword: `password of ${user}` },
    ...{ sAMAccountName: user, userAccountControl: '512', objectGUID: guid },
  })
}
