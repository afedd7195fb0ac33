import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { startHandSpeaker } from '../../simulator/hand-speaker.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { BIRD, NFT } from '../helpers/lab-site.ts'

/** What a person would do without a controller, prepared so that only the last key is to be pressed. */
export interface ByHand {
  rtbh(verb: 'announce' | 'withdraw', address: string): void
  match(verb: 'add' | 'delete', element: string): Promise<void>
  close(): Promise<void>
}

const TABLE = `table inet byhand {
  set hand4 { type ipv4_addr . inet_proto . inet_service; counter; }
  set hand6 { type ipv6_addr . inet_proto . inet_service; counter; }
  chain ingress {
    type filter hook prerouting priority -450;
    ip daddr . meta l4proto . th dport @hand4 drop
    ip6 daddr . meta l4proto . th dport @hand6 drop
  }
}
`

/** Starts a speaker in a lab that has no controller, and makes an nft table of the shape of Cordon's. */
export async function workByHand(lab: Lab): Promise<ByHand> {
  const speaker = await startHandSpeaker(lab, [BIRD])
  await feedNft(lab, TABLE)
  return {
    rtbh(verb, address) {
      const [length, nextHop] = address.includes(':') ? [128, '100::1'] : [32, '192.0.2.1']
      const route = `${address}/${length} next-hop ${nextHop} community [65535:666 no-export 65010:911]`
      speaker.tell(`${verb} route ${route}`)
    },
    match: (verb, element) =>
      feedNft(lab, `${verb} element inet byhand hand${element.includes(':') ? 6 : 4} { ${element} }\n`),
    close: () => speaker.stop(),
  }
}

async function feedNft(lab: Lab, script: string): Promise<void> {
  const child = spawn('ip', ['netns', 'exec', lab.namespaceOf(NFT), 'nft', '-f', '-'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  child.stdin.end(script)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`nft refused: ${script}`)
}
