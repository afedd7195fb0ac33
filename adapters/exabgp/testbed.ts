import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../src/domain/clock.ts'
import { SILENT } from '../../src/domain/log.ts'
import { readMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import {
  type Action,
  type BlackholeRule,
  blackholeRule,
  DROP,
  filterRule,
  type Rule,
  type Scope,
} from '../../src/domain/rule.ts'
import type { AdapterEnv, DeviceChange, Session } from '../adapter.ts'
import type { BgpFamily, ExabgpConfig } from './config.ts'
import { exabgpAdapter, stopSpeaker } from './index.ts'

/** A runtime folder of its own, sessions in it, and everything ended at the end. */
export interface Testbed {
  readonly env: AdapterEnv
  readonly folder: string
  /** What the sessions reported, all of them together. */
  readonly changes: DeviceChange[]
  open(config: ExabgpConfig): Promise<Session>
  /** Whether a status was reported. */
  reported(code: string, ok: boolean): boolean
  dispose(): Promise<void>
}

export const NEVER = new AbortController().signal

const clock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

export function testbed(secret = 'not-a-secret'): Testbed {
  const folder = mkdtempSync('/tmp/cordon-exa-')
  const sessions: Session[] = []
  const changes: DeviceChange[] = []
  let memo: string | undefined
  const env: AdapterEnv = {
    device: 'speaker',
    clock,
    log: SILENT,
    runtimeFolder: folder,
    secret: () => Promise.resolve(secret),
    remember: (text) => {
      memo = text
      return Promise.resolve()
    },
    recall: () => memo,
  }
  return {
    env,
    folder,
    changes,
    async open(config) {
      const session = await exabgpAdapter.open(config, env)
      session.onChange?.((change) => changes.push(change))
      sessions.push(session)
      return session
    },
    reported: (code, ok) =>
      changes.some((change) => change.type === 'status' && change.code === code && change.ok === ok),
    async dispose() {
      for (const session of sessions) await session.close()
      await stopSpeaker(folder, clock)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** All that a neighbour can take. */
export const FAMILIES: BgpFamily[] = ['ipv4 unicast', 'ipv6 unicast', 'ipv4 flow', 'ipv6 flow']

/** Where flow routes of the tests redirect to. */
export const PLACES = { scrubber: { routeTarget: '65010:100' } } as const

/** One neighbour on loopback, a local scope and one upstream. */
export function exampleConfig(more: Partial<ExabgpConfig> = {}): ExabgpConfig {
  return {
    routerId: '127.0.0.1',
    neighbours: [
      { name: 'r1', address: '127.0.0.2', localAddress: '127.0.0.1', localAs: 65010, peerAs: 65020, ttl: 2 },
    ],
    marking: '65010:911',
    scopes: {
      local: {
        communities: ['blackhole', 'no-export'],
        sourceCommunities: ['65010:5635', 'no-advertise'],
        nextHop4: '192.0.2.1',
        nextHop6: '100::1',
      },
      'upstream:geant': {
        communities: ['20965:666'],
        sourceCommunities: ['20965:5635'],
        nextHop4: '192.0.2.2',
        nextHop6: '100::2',
      },
    },
    ...more,
  }
}

export function rtbh(prefix: string, scope: Scope = 'local'): BlackholeRule {
  return blackholeRule('d-rtbh', parsePrefix(prefix), scope)
}

/** `count` host routes. */
export function hosts(count: number, net = 10): BlackholeRule[] {
  return Array.from({ length: count }, (_, i) => rtbh(`10.${net}.${i >> 8}.${i & 255}/32`))
}

/** The fake's program file, in the folder of the testbed. */
export function fakeBinary(folder: string, start: Readonly<Record<string, unknown>> = {}): string {
  const file = join(folder, 'exabgp')
  const script = fileURLToPath(new URL('./fake-exabgp.mjs', import.meta.url))
  writeFileSync(join(folder, 'fake.json'), JSON.stringify(start))
  writeFileSync(file, `#!/bin/sh\nexec ${process.execPath} ${script} "$@"\n`)
  chmodSync(file, 0o755)
  return file
}

export interface FakeState {
  readonly rib: ReadonlyMap<string, string>
  readonly log: readonly string[]
}

/** Steers the fake and answers with what it then holds and was told. */
export function steer(folder: string, order: Readonly<Record<string, unknown>>): Promise<FakeState> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(folder, 'fake.sock'))
    let text = ''
    socket.on('error', reject)
    socket.on('close', () => {
      const state = (text === '' ? { rib: [], log: [] } : JSON.parse(text)) as {
        rib: [string, string][]
        log: string[]
      }
      resolve({ rib: new Map(state.rib), log: state.log })
    })
    socket.on('data', (chunk) => {
      text += String(chunk)
      if (text.endsWith('\n')) socket.destroy()
    })
    socket.write(`${JSON.stringify(order)}\n`)
  })
}

/** A flow route as the fake was told, read by other means than those that wrote it. */
export function flowRule(match: string, then: string): Rule {
  const named = match.split(';').flatMap((part): [string, string][] => {
    const [, name, text] = /^\s*([a-z-]+) (.+)$/.exec(part) ?? []
    return name === undefined || text === undefined ? [] : [[NAMES.get(name) ?? name, canonical(name, text)]]
  })
  const family = match.includes(':') ? 6 : 4
  return filterRule('flow', readMatch(family, Object.fromEntries(named)), flowAction(then))
}

function flowAction(then: string): Action {
  const [verb, value] = then.split(';')[0]?.split(' ') ?? []
  if (verb === 'rate-limit') return { do: 'rate-limit', bytesPerSecond: Number(value) }
  if (verb === 'mark') return { do: 'mark', dscp: Number(value) }
  if (verb !== 'redirect') return DROP
  const place = Object.entries(PLACES).find(([, { routeTarget }]) => routeTarget === value)
  return { do: 'redirect', to: place?.[0] ?? '' }
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ['next-header', 'protocol'],
  ['traffic-class', 'dscp'],
])

function canonical(name: string, text: string): string {
  if (name === 'destination' || name === 'source') return text.replace(/^(.*:.*\/\d+)\/0$/, '$1')
  const items = text.replace(/^\[ | \]$/g, '').split(' ')
  return items.map((item) => (/\d$/.test(item) ? rangeText(item) : flagsText(item))).join(',')
}

function rangeText(item: string): string {
  const [, low, high] = /^>=(\d+)&<=(\d+)$/.exec(item) ?? []
  return low === undefined ? item.replace(/^=/, '') : `${low}-${high}`
}

function flagsText(item: string): string {
  return item
    .split('&')
    .flatMap((part) => {
      const negated = part.startsWith('!')
      return part
        .slice(1)
        .split('+')
        .map((flag) => `${negated ? '!' : ''}${flag === 'push' ? 'psh' : flag}`)
    })
    .join('&')
}
