import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FileHandle, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { askBird } from '../../simulator/bird-socket.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { BIRD, NFT } from '../helpers/lab-site.ts'

/** What a person would do without a controller, prepared so that only the last key is to be pressed. */
export interface ByHand {
  rtbh(verb: 'announce' | 'withdraw', address: string): Promise<void>
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

/** As the adapter starts it, but with a pipe in place of the controller's helper. */
const SPEAKER_ENVIRONMENT = {
  'exabgp.daemon.user': 'root',
  'exabgp.daemon.drop': 'false',
  'exabgp.tcp.bind': '',
  'exabgp.api.ack': 'false',
  'exabgp.api.cli': 'false',
  'exabgp.log.destination': 'stderr',
  'exabgp.log.level': 'ERR',
  'exabgp.reactor.speed': '0.1',
}

/** Starts a speaker in a lab that has no controller, and makes an nft table of the shape of Cordon's. */
export async function workByHand(lab: Lab): Promise<ByHand> {
  const pipe = await startSpeaker(lab)
  await feedNft(lab, TABLE)
  return {
    async rtbh(verb, address) {
      const [length, nextHop] = address.includes(':') ? [128, '100::1'] : [32, '192.0.2.1']
      const route = `${address}/${length} next-hop ${nextHop} community [65535:666 no-export 65010:911]`
      await pipe.write(`${verb} route ${route}\n`)
    },
    match: (verb, element) =>
      feedNft(lab, `${verb} element inet byhand hand${element.includes(':') ? 6 : 4} { ${element} }\n`),
    close: () => pipe.close(),
  }
}

async function startSpeaker(lab: Lab): Promise<FileHandle> {
  const fifo = join(lab.runtimeFolder, 'hand.pipe')
  const config = join(lab.runtimeFolder, 'hand.conf')
  execFileSync('mkfifo', [fifo])
  await writeFile(
    config,
    `process hand { run /bin/cat ${fifo}; encoder text; }
neighbor 203.0.113.241 { router-id 203.0.113.242; local-address 203.0.113.242; local-as 65010; peer-as 65010;
  capability { graceful-restart 120; } family { ipv4 unicast; ipv6 unicast; } api { processes [ hand ]; } }\n`,
  )
  lab.spawnIn('mgmt', ['exabgp', config], { stdio: 'ignore', env: SPEAKER_ENVIRONMENT })
  await eventually('the session by hand', 15_000, async () =>
    (await askBird(lab.birdSocket(BIRD), 'show protocols "speaker"')).includes('Established'),
  )
  // Read and write: an end of a pipe that nobody else has open yet would otherwise keep us waiting.
  return open(fifo, 'r+')
}

async function feedNft(lab: Lab, script: string): Promise<void> {
  const child = spawn('ip', ['netns', 'exec', lab.namespaceOf(NFT), 'nft', '-f', '-'], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  child.stdin.end(script)
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`nft refused: ${script}`)
}
