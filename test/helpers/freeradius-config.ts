import type { Certificate } from './certificate.ts'
import type { Slapd } from './slapd.ts'

/** Where accounting is passed on to. */
export interface AccountingTarget {
  readonly host: string
  readonly port: number
  readonly secret: string
  /**
   * Kept in a file until the target answers, as the site `copy-acct-to-home-server` of the package does, and looked at each second. One
   * that did not answer is tried again after 10 s and more.
   * Left out: sent at once and once, by the module `replicate`.
   */
  readonly spooled?: boolean
}

export interface FreeradiusOptions {
  /** Where people are looked up, and where EAP-TTLS/PAP tries their passwords. */
  readonly slapd?: {
    readonly server: Pick<Slapd, 'url'>
    readonly base: string
    readonly bindDn: string
    readonly password: string
  }
  /** A DN in it: whoever is a member is refused, whatever they log in by. */
  readonly rejectGroup?: string
  /** Passwords by name without realm, of which this server keeps the NT hashes; so nobody else is asked. */
  readonly users?: Readonly<Record<string, string>>
  readonly accountingTo?: AccountingTarget
  /** Answers Disconnect and CoA as a NAS does: those for these User-Names are refused with that Error-Cause, all others done. */
  readonly coa?: { readonly refusals: Readonly<Record<string, number>> }
}

export interface Place {
  readonly folder: string
  readonly secret: string
  readonly certificate: Certificate
  readonly ports: Readonly<Record<'auth' | 'acct' | 'coa', number>>
  /** NT hashes by name, in hexadecimal */
  readonly hashes: Readonly<Record<string, string>>
}

const THREADS = 'start_servers = 2\nmax_servers = 8\nmin_spare_servers = 1\nmax_spare_servers = 4'

/** radiusd.conf, all in one: nothing of the package's own configuration is read. */
export function configText(options: FreeradiusOptions, place: Place): string {
  // Each brace wants a line of its own; those of expansions have no space within.
  return wholeText(options, place).replaceAll('{ ', '{\n').replaceAll(' }', '\n}')
}

function wholeText(options: FreeradiusOptions, place: Place): string {
  const { folder, secret } = place
  return `
prefix = /usr
raddbdir = ${folder}
logdir = ${folder}
run_dir = ${folder}
libdir = /usr/lib/freeradius
pidfile = ${folder}/pid
max_request_time = 30
cleanup_delay = 5
max_requests = 4096
hostname_lookups = no
log { destination = stdout\nauth = yes }
security { max_attributes = 200\nreject_delay = 0\nstatus_server = yes\nallow_core_dumps = no }
thread pool { ${THREADS} }
client loopback { ipaddr = 127.0.0.0/8\nsecret = ${secret} }
${options.accountingTo === undefined ? 'proxy_requests = no' : targetText(options.accountingTo)}
modules { ${modulesText(options, place)} }
${sitesText(options, place)}
`
}

function targetText({ host, port, secret }: AccountingTarget): string {
  return `proxy_requests = yes
proxy server { default_fallback = no }
home_server target {
  type = acct
  ipaddr = ${host}
  port = ${port}
  secret = ${secret}
  response_window = 2
  status_check = none
  zombie_period = 2
  revive_interval = 10
}
home_server_pool target { home_server = target }
realm target { acct_pool = target }`
}

function modulesText(options: FreeradiusOptions, { folder, certificate }: Place): string {
  const { slapd, accountingTo } = options
  return `
always ok { rcode = ok }
always reject { rcode = reject }
pap { }
mschap { use_mppe = yes\nrequire_encryption = yes\nrequire_strong = yes }
files { filename = ${folder}/users\nkey = "%{%{Stripped-User-Name}:-%{User-Name}}" }
eap {
  default_eap_type = ttls
  timer_expire = 60
  max_sessions = 4096
  tls-config own {
    private_key_file = ${certificate.keyFile}
    certificate_file = ${certificate.certFile}
    tls_min_version = "1.2"
    tls_max_version = "1.2"
    ecdh_curve = "prime256v1"
    cache { enable = no }
  }
  ttls { tls = own\ncopy_request_to_tunnel = yes\nvirtual_server = inner }
  peap { tls = own\ndefault_eap_type = mschapv2\ncopy_request_to_tunnel = yes\nvirtual_server = inner }
  mschapv2 { }
}
${slapd === undefined ? '' : ldapText(slapd)}
${accountingTo === undefined ? '' : `replicate { }\ndetail { filename = ${folder}/detail\npermissions = 0600 }`}
`
}

function ldapText({ server, base, bindDn, password }: NonNullable<FreeradiusOptions['slapd']>): string {
  return `ldap {
  server = '${server.url}'
  identity = '${bindDn}'
  password = '${password}'
  base_dn = '${base}'
  user { base_dn = '${base}'\nfilter = "(uid=%{%{Stripped-User-Name}:-%{User-Name}})" }
  group {
    base_dn = '${base}'
    filter = '(objectClass=groupOfNames)'
    name_attribute = cn
    membership_filter = "(member=%{control:Ldap-UserDn})"
  }
  options { chase_referrals = no\nres_timeout = 5\nsrv_timelimit = 3\nnet_timeout = 1 }
  pool { start = 0\nmin = 0\nmax = 8\nspare = 1\nretry_delay = 1\nidle_timeout = 60 }
}`
}

function sitesText(options: FreeradiusOptions, { folder, ports }: Place): string {
  const { accountingTo, coa } = options
  return `
server default {
  listen { type = auth\nipaddr = 127.0.0.1\nport = ${ports.auth} }
  listen { type = acct\nipaddr = 127.0.0.1\nport = ${ports.acct} }
  authorize { eap { ok = return } }
  authenticate { eap }
  preacct { ok }
  accounting { ${accountingText(accountingTo)} }
}
${innerText(options)}
${accountingTo?.spooled === true ? spoolText(folder) : ''}
${coa === undefined ? '' : coaText(coa.refusals, ports.coa)}
`
}

function accountingText(target: AccountingTarget | undefined): string {
  if (target === undefined) return 'ok'
  if (target.spooled === true) return 'detail'
  return 'update control { &Replicate-To-Realm := "target" }\nreplicate\nok'
}

/** What goes on inside of the tunnel, where the real name is. */
function innerText({ slapd, rejectGroup }: FreeradiusOptions): string {
  const bind = 'if (&User-Password) { update control { &Auth-Type := LDAP } }'
  return `server inner {
  authorize {
    if (&User-Name =~ /^([^@]+)@/) { update request { &Stripped-User-Name := "%{1}" } }
    ${rejectGroup === undefined ? '' : `if (&LDAP-Group == "${rejectGroup}") { reject }`}
    mschap
    eap { ok = return }
    files
    ${slapd === undefined ? 'pap' : `ldap\n${bind}`}
  }
  authenticate {
    Auth-Type PAP { pap }
    Auth-Type MS-CHAP { mschap }
    ${slapd === undefined ? '' : 'Auth-Type LDAP { ldap }'}
    eap
  }
}`
}

function spoolText(folder: string): string {
  return `server spool {
  listen { type = detail\nfilename = ${folder}/detail\nload_factor = 90\npoll_interval = 1\nretry_interval = 5 }
  preacct { update control { &Proxy-To-Realm := "target" } }
  accounting { ok }
}`
}

function coaText(refusals: Readonly<Record<string, number>>, port: number): string {
  const refused = Object.entries(refusals).map(
    ([user, cause]) => `if (&User-Name == "${user}") { update reply { &Error-Cause := ${cause} }\nreject }`,
  )
  return `server coa {
  listen { type = coa\nipaddr = 127.0.0.1\nport = ${port}\nvirtual_server = coa }
  recv-coa {
    ${refused.join('\n')}
    ok
  }
  send-coa { ok }
}`
}
