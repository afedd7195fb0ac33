import { chmodSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { stopSpeaker } from '../../adapters/exabgp/index.ts'
import { realClock } from '../helpers/system-clock.ts'
import { oneSpeaker, type Site, SPEAKER } from './site.ts'

/** The stand-in for ExaBGP, and what it tells. */
export class ObservedSpeaker {
  readonly site: Site
  readonly #server: Server
  readonly #waiting = new Map<string, (came: bigint) => void>()

  constructor(folder: string, policies?: string) {
    const binary = join(folder, 'exabgp')
    const observer = join(folder, 'observer.sock')
    this.site = oneSpeaker(folder, { ...speakerConfig(), binary }, policies)
    const script = join(import.meta.dirname, 'stand-in-exabgp.mjs')
    writeFileSync(binary, `#!/bin/sh\nexec ${process.execPath} ${script} ${observer} "$@"\n`)
    chmodSync(binary, 0o755)
    this.#server = createServer((socket) => {
      let rest = ''
      socket.setEncoding('latin1').on('data', (piece: string) => {
        const lines = (rest + piece).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) this.#take(line)
      })
    }).listen(observer)
  }

  /** When a line that ends with this prefix comes, in nanoseconds of the machine's monotonic clock. */
  cameWith(prefix: string): Promise<bigint> {
    return new Promise((resolve) => this.#waiting.set(prefix, resolve))
  }

  async end(): Promise<void> {
    await stopSpeaker(join(this.site.folder, 'run', SPEAKER), realClock())
    this.#server.close()
  }

  #take(line: string): void {
    const [came = '0', prefix = ''] = line.split(' ')
    this.#waiting.get(prefix)?.(BigInt(came))
    this.#waiting.delete(prefix)
  }
}

/** One neighbour on the loopback, as BIRD of the helpers expects its speaker. */
export function speakerConfig(port?: number) {
  const neighbour = {
    name: 'r1',
    address: '127.0.0.2',
    localAddress: '127.0.0.1',
    localAs: 65_010,
    peerAs: 65_020,
    ttl: 2,
    ...(port === undefined ? {} : { port }),
  }
  return {
    routerId: '127.0.0.1',
    neighbours: [neighbour],
    marking: '65010:911',
    scopes: { local: { communities: ['blackhole', 'no-export'], nextHop4: '192.0.2.1', nextHop6: '100::1' } },
    maxRoutes: 200_000,
  }
}
