import { createHash } from 'node:crypto'
import { AdapterError } from '../adapter.ts'
import { type ExabgpConfig, familiesOf, holdTimeOf, type NeighbourConfig } from './config.ts'
import { divisionOf } from './groups.ts'

/** What ExaBGP is started with. */
export interface SpeakerFile {
  readonly text: string
  /** Of all that matters to the running ExaBGP; tells nothing about the keys inside, as it is salted. */
  readonly digest: string
}

/** Bumped when bridge.mjs and link.ts change what they say to each other: a running speaker is then replaced. */
const PROTOCOL = 3
/** Seconds for which a router keeps our routes when the session breaks (RFC 4724 §4.2). */
const GRACEFUL_RESTART = 120

export interface SpeakerPaths {
  readonly node: string
  readonly bridge: string
  readonly socket: string
}

/**
 * ExaBGP's configuration file. Its first line is the salt, so that a later controller can tell whether a running
 * speaker was started with what it would itself write now.
 * @param keys MD5 keys by neighbour name
 * @throws AdapterError `bad-config` for a path or a key that ExaBGP's syntax cannot carry
 */
export function speakerFile(
  config: ExabgpConfig,
  paths: SpeakerPaths,
  keys: ReadonlyMap<string, string>,
  salt: string,
): SpeakerFile {
  for (const path of [paths.node, paths.bridge, paths.socket]) {
    if (!/^[A-Za-z0-9/._+@-]+$/.test(path)) {
      throw new AdapterError('unsupported', `ExaBGP cannot be given the path '${path}'`, 'bad-config')
    }
  }
  const neighbours = config.neighbours.map((one) => neighbourText(config, one, keys.get(one.name)))
  const place = [config.binary ?? '', config.namespace ?? '', PROTOCOL, paths.bridge, divisionOf(config)]
  const digest = createHash('sha256')
    .update([salt, ...place, ...neighbours].join('\n'))
    .digest('hex')
    .slice(0, 32)
  const process = `process ctl { run ${paths.node} ${paths.bridge} ${paths.socket} ${digest}; encoder json; }`
  return { text: `# ${salt}\n${process}\n${neighbours.join('')}`, digest }
}

export function saltOf(text: string): string | undefined {
  return /^# ([0-9a-f]{32})\n/.exec(text)?.[1]
}

function neighbourText(config: ExabgpConfig, one: NeighbourConfig, key: string | undefined): string {
  const families = familiesOf(one).map((family) => `${family};`)
  const lines = [
    `description "${one.name}";`,
    `router-id ${config.routerId};`,
    `local-address ${one.localAddress};`,
    `local-as ${one.localAs};`,
    `peer-as ${one.peerAs};`,
    `hold-time ${holdTimeOf(one)};`,
    // Ours to send, once everything has been announced again: it makes the router drop what is stale.
    'manual-eor true;',
    ...(one.port === undefined ? [] : [`connect ${one.port};`]),
    ...(one.ttl === undefined ? [] : [`outgoing-ttl ${one.ttl};`]),
    ...(one.gtsm === true ? ['outgoing-ttl 255;'] : []),
    ...(key === undefined ? [] : [`md5-password "${keyText(one.name, key)}";`]),
    `capability { graceful-restart ${GRACEFUL_RESTART}; }`,
    `family { ${families.join(' ')} }`,
    'api { processes [ ctl ]; neighbor-changes; }',
  ]
  return `neighbor ${one.address} {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`
}

/** TCP MD5 keys are at most 80 bytes (tcp(7)); the rest is what ExaBGP's quoted words can hold. */
function keyText(neighbour: string, key: string): string {
  if (!/^[A-Za-z0-9!#$%&()*+,./:<=>?@^_|~-]{1,80}$/.test(key)) {
    throw new AdapterError(
      'unsupported',
      `the MD5 key of ${neighbour} is empty, longer than 80 characters, or has a character that ExaBGP cannot read`,
      'bad-config',
    )
  }
  return key
}

/** The working form: no listener, no command line pipe, acknowledgements on, the fastest idle loop. */
export function speakerEnvironment(account: string): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C',
    'exabgp.daemon.user': account,
    'exabgp.daemon.drop': 'false',
    'exabgp.daemon.daemonize': 'false',
    'exabgp.tcp.bind': '',
    'exabgp.api.ack': 'true',
    'exabgp.api.cli': 'false',
    'exabgp.api.respawn': 'true',
    // Lines of a listing at a time; with 1, the default, ExaBGP copies the rest of the list for each of them.
    'exabgp.api.chunk': '500',
    'exabgp.log.destination': 'stderr',
    'exabgp.log.level': 'ERR',
    // 1.0 sleeps 10 ms a turn; below 0.1 the sleep rounds to 0 and idling takes a whole core.
    'exabgp.reactor.speed': '0.1',
  }
}
