import { type Bounds, familiesTaken } from './bounds.ts'

/** How the routes of ours are stopped by hand on a router, each in one line. */
export interface KillSwitch {
  readonly off: string
  readonly on: string
}

/** What every configuration begins with, before it is made comments of the platform. */
export function heading(bounds: Bounds, platform: string, { off, on }: KillSwitch): string[] {
  return [
    `Cordon: bounds on the device ${bounds.device} at the router ${bounds.router}, for ${platform}.`,
    'Printed by "cordon provision bgp"; print it anew when own space, protected entries, scopes or neighbours change.',
    `KILL SWITCH, needs no Cordon: ${off}`,
    `  It ends the session, and with it every route of Cordon's here at once. Undo: ${on}`,
    ...(bounds.hasKey ? [`Put the TCP MD5 key (RFC 2385) in place of ${keyPlaceholder(bounds)}.`] : []),
  ]
}

/** What stands where the key belongs: the key itself is never printed. */
export function keyPlaceholder({ session }: Bounds): string {
  return `REPLACE-WITH-MD5-KEY-OF-${session}`
}

/** What the site adds by itself, as far as the configuration calls for it. */
export function siteHints({ upstreams, places, marking, session }: Bounds): string[] {
  const leaving = upstreams.map(
    ({ scope, communities }) =>
      `${scope}: a route of ${session} may leave to this upstream if it carries ${marking} ${communities.map(communityWord).join(' ')}.`,
  )
  return [
    ...(leaving.length === 0
      ? []
      : [
          "The export policy towards an upstream is the site's own; what it may let out of ours:",
          ...leaving,
        ]),
    ...places.map(
      ({ name, routeTarget }) =>
        `Place ${name}: a VRF whose route-target import is ${routeTarget} takes what is redirected there (RFC 8955 section 7.4).`,
    ),
  ]
}

/** Whether and why flow routes are validated, to stand where the platform says so. */
export function validationWords({ isFlowValidated, isInternal }: Bounds): string {
  if (isFlowValidated)
    return 'Flow routes are validated (RFC 8955 section 6, RFC 9117): over iBGP those with a destination pass.'
  if (isInternal)
    return 'Not validated (RFC 8955 section 6): without "validates: true" flow routes without a destination come too, which the check refuses.'
  return 'Not validated (RFC 8955 section 6): over eBGP a flow route has to come from the AS that the unicast route comes from, and the speaker originates none.'
}

export function hasFlow(bounds: Bounds): boolean {
  return familiesTaken(bounds, 'flow').length > 0
}

/** What loose uRPF is in nftables: Linux has no switch for it in IPv6. Neighbour discovery goes on. */
export const LINUX_URPF6 = 'ip6 saddr != { ::, fe80::/10 } fib saddr oif missing drop'

/** Loose uRPF on a Linux router, by which blackholes by source stop anything (RFC 3704 §2.4, RFC 5635 §4). */
export const LINUX_URPF = [
  'uRPF, for blackholes by source (RFC 5635): net.ipv4.conf.INTERFACE.rp_filter=2 on each interface (or on "all");',
  `  for IPv6, in an nftables chain of "type filter hook prerouting priority raw": ${LINUX_URPF6}`,
]

/** The names that all platforms have for two well-known communities (RFC 1997); the others go by number. */
export function communityWord(community: string): string {
  return NAMES.get(community) ?? community
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['65535:65281', 'no-export'],
  ['65535:65282', 'no-advertise'],
])

export function isLarge(community: string): boolean {
  return community.split(':').length === 3
}

/** A third of the hold time, as RFC 4271 section 10 suggests. */
export function keepalive({ holdTime }: Bounds): number {
  return Math.max(1, Math.floor(holdTime / 3))
}

export function commented(mark: string, lines: readonly string[]): string[] {
  return lines.map((line) => `${mark} ${line}`)
}

/** @throws Error when a byte is not plain ASCII: a router would take it for something else */
export function finished(lines: readonly string[]): string {
  const text = `${lines.join('\n')}\n`
  if (!/^[\n -~]*$/.test(text)) throw new Error('a configuration that is not plain ASCII')
  return text
}
