import { execFile, execFileSync } from 'node:child_process'
import { accessSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from './bird.ts'
import { type Certificate, makeCertificate } from './certificate.ts'
import { freePort, Restartable } from './daemon.ts'

export const SUFFIX = 'dc=campus,dc=example'
export const PEOPLE = `ou=people,${SUFFIX}`
export const POLICY = `cn=policy,${SUFFIX}`
/** Who may do everything. */
export const ROOT_DN = `cn=root,${SUFFIX}`
export const ROOT_PASSWORD = 'root-of-all-trees'
/** Who Cordon is there. */
export const CORDON_DN = `cn=cordon,ou=services,${SUFFIX}`
export const CORDON_PASSWORD = 'lock-and-restore'

export interface SlapdOptions {
  /** Accounts by uid; each has its uid as its password. */
  readonly users?: readonly string[]
  /** More entries, as LDIF. */
  readonly ldif?: string
  /** Lines of slapd.conf ahead of the database, such as schema. */
  readonly global?: string
  /** Lines of the database, such as overlays. */
  readonly database?: string
  /** Access rules ahead of the one that lets everybody do everything. */
  readonly access?: string
  /** Object classes of each account, beside inetOrgPerson. */
  readonly more?: (uid: string) => string
  readonly tls?: boolean
}

/** A real slapd on 127.0.0.1 with accounts and a password policy that locks out after three wrong passwords. */
export interface Slapd {
  readonly port: number
  readonly url: string
  readonly certificate: Certificate | undefined
  readonly pid: () => number
  readonly folder: string
  /** As a person with all rights does it: the text of an LDIF with changes. */
  change(ldif: string): Promise<void>
  /** Values of one attribute of one entry, as a person sees them. */
  values(dn: string, attribute: string): Promise<string[]>
  /** All entries, operational attributes too, as one text. */
  dump(): Promise<string>
  /** Whether somebody is let in by this name and password. */
  letsIn(dn: string, password: string): Promise<boolean>
  start(): Promise<void>
  stop(signal?: NodeJS.Signals): Promise<void>
  /** Stops it and removes its folder. */
  dispose(): Promise<void>
}

/** Why no slapd can be started here, or false: what `skip` of a test takes. */
export function noSlapd(): string | false {
  try {
    for (const file of ['/usr/sbin/slapd', '/usr/bin/ldapsearch', '/usr/bin/openssl']) accessSync(file)
    return false
  } catch {
    return 'slapd, ldap-utils or openssl is not installed'
  }
}

export function userDn(uid: string): string {
  return `uid=${uid},${PEOPLE}`
}

const run = promisify(execFile)

export async function startSlapd(options: SlapdOptions = {}): Promise<Slapd> {
  const folder = mkdtempSync('/tmp/cordon-slapd-')
  try {
    return await slapdIn(folder, options)
  } catch (error) {
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

async function slapdIn(folder: string, options: SlapdOptions): Promise<Slapd> {
  const certificate = options.tls === true ? makeCertificate(folder) : undefined
  mkdirSync(join(folder, 'db'))
  const conf = join(folder, 'slapd.conf')
  writeFileSync(conf, configText(options, folder, certificate), { mode: 0o600 })
  writeFileSync(join(folder, 'first.ldif'), firstText(options))
  execFileSync('/usr/sbin/slapadd', ['-q', '-f', conf, '-l', join(folder, 'first.ldif')], { stdio: 'pipe' })
  const port = await freePort('127.0.0.1')
  const plain = `ldap://127.0.0.1:${port}`
  const securePort = await freePort('127.0.0.1')
  const urls = certificate === undefined ? [plain] : [plain, `ldaps://127.0.0.1:${securePort}`]
  const daemon = new Restartable(['/usr/sbin/slapd', '-d', '0', '-f', conf, '-h', urls.join(' ')])
  const asRoot = ['-x', '-H', plain, '-D', ROOT_DN, '-w', ROOT_PASSWORD]
  const search = async (words: readonly string[]): Promise<string> =>
    (await run('/usr/bin/ldapsearch', [...asRoot, '-LLL', '-o', 'ldif-wrap=no', ...words])).stdout
  const slapd: Slapd = {
    ...{ port, folder, certificate },
    url: urls.at(-1) ?? plain,
    pid: () => daemon.pid ?? 0,
    async change(ldif) {
      writeFileSync(join(folder, 'change.ldif'), ldif)
      await run('/usr/bin/ldapmodify', [...asRoot, '-f', join(folder, 'change.ldif')])
    },
    async values(dn, attribute) {
      const text = await search(['-b', dn, '-s', 'base', attribute])
      return [...text.matchAll(new RegExp(`^${attribute}: (.*)$`, 'gim'))].map(([, value]) => value ?? '')
    },
    dump: () => search(['-b', SUFFIX, '*', '+']),
    letsIn: (dn, password) =>
      run('/usr/bin/ldapwhoami', ['-x', '-H', plain, '-D', dn, '-w', password]).then(
        () => true,
        () => false,
      ),
    async start() {
      daemon.start()
      await until(() => answers(port))
    },
    stop: (signal = 'SIGTERM') => daemon.stop(signal),
    async dispose() {
      await daemon.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
  try {
    await slapd.start()
    return slapd
  } catch (error) {
    await daemon.stop('SIGKILL')
    throw error
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function configText(options: SlapdOptions, folder: string, certificate: Certificate | undefined): string {
  const tls =
    certificate === undefined
      ? ''
      : `TLSCertificateFile ${certificate.certFile}\nTLSCertificateKeyFile ${certificate.keyFile}\nTLSCACertificateFile ${certificate.certFile}\nTLSVerifyClient try`
  return `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload ppolicy
moduleload refint
moduleload syncprov
${options.global ?? ''}
${tls}
pidfile ${join(folder, 'pid')}
database mdb
directory ${join(folder, 'db')}
dbnosync
suffix "${SUFFIX}"
rootdn "${ROOT_DN}"
rootpw "${ROOT_PASSWORD}"
index objectClass,uid,entryUUID,entryCSN eq
${options.access ?? ''}
access to attrs=userPassword by dn.exact="${CORDON_DN}" none by self write by anonymous auth by * none
access to * by dn.exact="${CORDON_DN}" write by users read
overlay ppolicy
ppolicy_default "${POLICY}"
${options.database ?? ''}
`
}

function firstText({ users = [], ldif = '', more = () => '' }: SlapdOptions): string {
  const people = users.map(
    (uid) => `dn: ${userDn(uid)}
objectClass: inetOrgPerson
uid: ${uid}
cn: ${uid}
sn: ${uid}
userPassword: ${uid}
${more(uid)}`,
  )
  return `dn: ${SUFFIX}
objectClass: dcObject
objectClass: organization
o: campus
dc: campus

dn: ${PEOPLE}
objectClass: organizationalUnit
ou: people

dn: ou=services,${SUFFIX}
objectClass: organizationalUnit
ou: services

dn: ${CORDON_DN}
objectClass: applicationProcess
objectClass: simpleSecurityObject
cn: cordon
userPassword: ${CORDON_PASSWORD}

dn: ${POLICY}
objectClass: device
objectClass: pwdPolicy
cn: policy
pwdAttribute: userPassword
pwdLockout: TRUE
pwdMaxFailure: 3
pwdLockoutDuration: 3600

${people.map((text) => `${text.trimEnd()}\n\n`).join('')}${ldif}
`
}
