import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { eventually } from '../../../simulator/eventually.ts'
import { type Nas, type NasOptions, startNas } from '../../../simulator/nas/nas.ts'
import { identityRule, type SwitchRule } from '../../../src/domain/rule.ts'
import { freeUdpPort } from '../../../test/helpers/daemon.ts'
import { switchEnv } from '../../../test/helpers/switch-env.ts'
import type { AdapterEnv, Change, DeviceChange, Outcome, Session } from '../../adapter.ts'
import type { RadiusConfig } from '../config.ts'
import { radiusAdapter } from '../index.ts'

export const SECRETS = { accounting: 'accounting-secret-1', coa: 'coa-secret-2' }
export const ALICE = 'alice@campus.example'
/** As accounting writes it, and as rules do. */
export const STATION = '02-00-5E-10-00-01'
export const MAC = '02:00:5e:10:00:01'
export const BOB = 'bob@campus.example'
export const SOON = 10_000

export function off(name: string, action?: SwitchRule['action']): SwitchRule {
  return identityRule('no-session', name, action)
}

export interface SceneOptions {
  /** As many NASes, each with these; one unless told. */
  readonly nas?: readonly Partial<NasOptions>[]
  readonly config?: Partial<RadiusConfig>
}

/** NASes that tell a session of Cordon's who is on, and are asked by it. */
export class Scene {
  readonly nas: readonly Nas[]
  readonly config: RadiusConfig
  readonly env: AdapterEnv
  /** What it was told by its sessions. */
  readonly changes: DeviceChange[] = []
  readonly #sessions: Session[] = []
  #ahead = 0

  private constructor(nas: readonly Nas[], config: RadiusConfig, env: AdapterEnv) {
    this.nas = nas
    this.config = config
    const { clock } = env
    this.env = {
      ...env,
      clock: {
        now: () => clock.now(),
        monotonic: () => clock.monotonic() + this.#ahead,
        after: (ms, run) => clock.after(ms, run),
      },
    }
  }

  /** As if so many milliseconds had passed; timers that run go by their own time. */
  forward(ms: number): void {
    this.#ahead += ms
  }

  static async start({ nas: given = [{}], config = {} }: SceneOptions = {}): Promise<Scene> {
    const port = await freeUdpPort()
    const accounting = [{ host: '127.0.0.1', port, secret: SECRETS.accounting }]
    const all: Nas[] = []
    for (const [at, one] of given.entries())
      all.push(await startNas({ secret: SECRETS.coa, identifier: `nas${at}`, accounting, ...one }))
    const env: AdapterEnv = {
      ...switchEnv('wireless'),
      runtimeFolder: mkdtempSync(join(tmpdir(), 'cordon-radius-')),
      secret: async (reference) => `${SECRETS[reference === 'file:coa' ? 'coa' : 'accounting']}\n`,
    }
    return new Scene(all, { ...configOf(port, all), ...config }, env)
  }

  /** A session as an engine opens it. */
  async open(config: RadiusConfig = this.config): Promise<Session> {
    const session = await radiusAdapter.open(config, this.env)
    session.onChange?.((change) => this.changes.push(change))
    this.#sessions.push(session)
    return session
  }

  get first(): Nas {
    const [nas] = this.nas
    if (nas === undefined) throw new RangeError('the scene has no NAS')
    return nas
  }

  /** The conditions that people see, as they stand. */
  get conditions(): readonly string[] {
    const open = new Map<string, boolean>()
    for (const change of this.changes) if (change.type === 'status') open.set(change.code, !change.ok)
    return [...open].filter(([, isOpen]) => isOpen).map(([code]) => code)
  }

  async stop(): Promise<void> {
    for (const session of this.#sessions) await session.close()
    for (const nas of this.nas) await nas.close()
    rmSync(this.env.runtimeFolder, { recursive: true, force: true })
  }
}

function configOf(port: number, all: readonly Nas[]): RadiusConfig {
  return {
    realms: ['campus.example'],
    accounting: {
      listen: '127.0.0.1',
      port,
      clients: [{ address: '127.0.0.0/8', secret: 'file:accounting' }],
    },
    nas: all.map((nas, at) => ({
      ...{ name: `wlc${at}`, address: nas.address, port: nas.port, secret: 'file:coa' },
      identifier: `nas${at}`,
    })),
    quarantine: { vlan: '666' },
    // Long enough for a busy machine, short enough for a test that waits for the end of it.
    ...{ retryAfter: 100, answerWithin: 1_000, interval: 300 },
  }
}

const never = new AbortController().signal

/** The outcome of one rule. */
export async function made(session: Session, change: Partial<Change>): Promise<Outcome | undefined> {
  const receipt = await session.apply({ put: [], remove: [], ...change }, never)
  return [...receipt.values()][0]
}

export async function held(session: Session): Promise<readonly string[]> {
  const { rules } = await session.observe('all', never)
  return rules.map(({ key }) => key)
}

export async function uncertain(session: Session): Promise<readonly string[]> {
  const observed = await session.observe('all', never)
  return observed.uncertain.map(({ key }) => key)
}

/** A scene that ends with the test. */
export async function started(t: TestContext, options?: SceneOptions): Promise<Scene> {
  const scene = await Scene.start(options)
  t.after(() => scene.stop())
  return scene
}

/** All that it has told of until now is known. */
export async function heard(scene: Scene): Promise<void> {
  await eventually('accounting is answered', SOON, () =>
    scene.nas.every((nas) => nas.told().outstanding === 0 && nas.told().lost === 0),
  )
}
