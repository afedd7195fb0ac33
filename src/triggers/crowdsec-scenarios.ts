import type { SourceEvidence } from '../domain/block.ts'
import type { Category } from '../domain/category.ts'

/** What a scenario detects, and whether it can have seen only connections that were established. */
export interface Detects {
  readonly category: Category
  readonly evidence: SourceEvidence
}

/** Services that take a password or a command over TCP alone. Of others, as SIP or Kerberos, one packet may be enough. */
const OVER_TCP = new RegExp(
  `^(${[
    'ssh|telnet|endlessh|vnc|smb|ftp|vsftpd|proftpd|pure-?ftpd|smtp|postfix|exim|dovecot|imap|pop3|mail|zimbra|exchange',
    'mysql|mariadb|pgsql|postgres|mssql|mongodb|http|wordpress|apache|nginx|caddy|traefik|litespeed|haproxy|cpanel|plesk',
    'nextcloud|gitea|gitlab|grafana|keycloak|authelia|authentik|lemonldap|cas|apereo-cas|vaultwarden|roundcube|sogo|odoo',
    'opnsense-gui|proxmox|synology|home-assistant|jellyfin|jellyseerr|emby|ombi|sonarr|radarr|prowlarr|adguardhome|gotify',
    'kasm|meshcentral|pterodactyl|thehive|uptime-kuma|zoneminder',
  ].join('|')})([-_:.]|$)`,
)
/** Of their holes, the scenarios read web servers' logs. */
const WEB_HOLES =
  /^(apache_log4j2|thinkphp|grafana|vmware|spring4shell|fortinet|jira|pulse-secure|f5-big-ip|zoneminder)[-_].*cve/

/** The first that fits the name, of which the author is cut off, decides. `tcp`: established if the service speaks TCP alone. */
const TABLE: readonly (readonly [
  name: RegExp,
  category: Category,
  evidence: 'tcp' | 'established' | 'spoofable',
])[] = [
  [/(^|[-_:])(bf|bruteforce|brute-force)([-_:]|$)|[-_:](user[-_]?enum|bf)/, 'login.brute-force', 'tcp'],
  [/^http[-_:](dos|.*flood)|^nginx-req-limit-exceeded/, 'dos.application', 'established'],
  [/(^|[-_:])(spam|relay-denied|non-smtp-command)([-_:]|$)/, 'spam', 'tcp'],
  [/^(http|appsec|vpatch|crs)([-_:]|$)/, 'scan', 'established'],
  [WEB_HOLES, 'scan', 'established'],
  [/(^|[-_:])(port-?scan|scan|multi_ports|probing|crawl)([-_:]|$)/, 'scan', 'tcp'],
]

/** What nobody has put into the table: somebody lists the address, and on what grounds is not known. */
const UNKNOWN: Detects = { category: 'listed', evidence: 'spoofable' }

/**
 * What a scenario of CrowdSec detects, by its name: `crowdsecurity/ssh-bf`, `ssh:bruteforce`. Nothing that could rest on single
 * packets counts as established.
 */
export function detectedBy(scenario: string): Detects {
  const name = scenario.slice(scenario.lastIndexOf('/') + 1).toLowerCase()
  const [, category, evidence] = TABLE.find(([pattern]) => pattern.test(name)) ?? []
  if (category === undefined) return UNKNOWN
  if (evidence === 'tcp') return { category, evidence: OVER_TCP.test(name) ? 'established' : 'spoofable' }
  return { category, evidence: evidence ?? 'spoofable' }
}
