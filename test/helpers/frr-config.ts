import type { FlowRouter, RouterOptions } from './seen-flow.ts'

export interface FrrOptions extends RouterOptions {
  readonly speakerAt?: NonNullable<FlowRouter['speakerAt']>
}

const FAMILIES = ['ipv4 unicast', 'ipv6 unicast', 'ipv4 flowspec', 'ipv6 flowspec']

/** What bgpd.conf says. */
export function configText(options: FrrOptions): string {
  const neighbour = options.speakerAt?.address ?? '127.0.0.1'
  const families = FAMILIES.map(
    (family) => ` address-family ${family}
  neighbor ${neighbour} activate
${family.endsWith('unicast') ? `  neighbor ${neighbour} soft-reconfiguration inbound\n` : ''}${options.refuses !== undefined && family === 'ipv4 unicast' ? `  neighbor ${neighbour} route-map in in\n` : ''} exit-address-family
`,
  )
  return `${refusalText(options)}router bgp ${options.localAs ?? 65040}
 bgp router-id 127.0.0.4
 no bgp default ipv4-unicast
 no bgp ebgp-requires-policy
 neighbor ${neighbour} remote-as ${options.peerAs ?? 65010}
 neighbor ${neighbour} passive
 neighbor ${neighbour} ebgp-multihop 255
${families.join('')}${bmpText(options)}`
}

function refusalText({ refuses }: RouterOptions): string {
  if (refuses === undefined) return ''
  return `ip prefix-list refused seq 1 permit ${refuses} le 32
route-map in deny 1
 match ip address prefix-list refused
route-map in permit 2
bgp route-map delay-timer 0
`
}

/** FRR 8.4 has no Loc-RIB and sends no flow specification. */
function bmpText({ bmp }: RouterOptions): string {
  if (bmp === undefined) return ''
  const monitors = ['ipv4', 'ipv6'].flatMap((family) =>
    bmp.views.map((view) => `  bmp monitor ${family} unicast ${view}\n`),
  )
  return ` bmp targets cordon
${monitors.join('')}  bmp connect 127.0.0.1 port ${bmp.port} min-retry 100 max-retry 200
 exit
`
}
