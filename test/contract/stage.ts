import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import type { Static, TSchema } from 'typebox'
import type { AdapterEnv } from '../../adapters/adapter.ts'
import type { Logger } from '../../src/domain/log.ts'
import { bounded } from './bounded.ts'
import type { Device, Fixture } from './fixture.ts'
import { assertAdapterError, Subject } from './subject.ts'

const PATIENCE_MS = 10_000

/** A started device, the way to open sessions on it, and everything that was said while it ran. */
export interface Stage<C> {
  readonly device: Device<C>
  readonly patience: number
  /** What the adapter was given to work with; it records logs, memos and secrets. */
  readonly env: AdapterEnv
  /** Opens a session that the stage closes at the end. */
  open(config?: C): Promise<Subject>
  /** The same with something of what the adapter gets to work with replaced. */
  openWith(over: Partial<AdapterEnv>): Promise<Subject>
  /** Opens a session as an engine does after trouble: again and again until it works or patience ends. */
  reopen(): Promise<Subject>
  /** Keeps an error so that it, too, is searched for secrets. */
  keep(error: unknown): void
}

/** Starts a device for one law, closes its sessions, looks for secrets in all that was said, stops it. */
export async function onStage<S extends TSchema>(
  fixture: Fixture<S>,
  law: (stage: Stage<Static<S>>) => Promise<void>,
): Promise<void> {
  const device = await fixture.start()
  const opened: Subject[] = []
  const record = new Record()
  const stage = stageFor(fixture, device, opened, record)
  try {
    await law(stage)
  } finally {
    try {
      for (const subject of opened) await bounded('close', stage.patience, subject.session.close())
    } finally {
      await device.stop()
    }
  }
  record.search(fixture.secret)
}

function stageFor<S extends TSchema>(
  fixture: Fixture<S>,
  device: Device<Static<S>>,
  opened: Subject[],
  record: Record,
): Stage<Static<S>> {
  const patience = fixture.patience ?? PATIENCE_MS
  const env = record.around(device.env)
  const truth = device.truth?.bind(device)
  const open = async (config: Static<S>, given: AdapterEnv): Promise<Subject> => {
    const session = await bounded('open', patience, fixture.adapter.open(config, given))
    const subject = new Subject(session, fixture.adapter.capabilities(config), patience, truth)
    opened.push(subject)
    return subject
  }
  const stage: Stage<Static<S>> = {
    device,
    patience,
    env,
    open: (config = device.config) => open(config, env),
    openWith: (over) => open(device.config, { ...env, ...over }),
    async reopen() {
      const end = performance.now() + patience
      for (;;) {
        try {
          return await stage.open()
        } catch (error) {
          record.said.push(error)
          assertAdapterError(error)
          if (performance.now() > end) throw error
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      }
    },
    keep: (error) => record.said.push(error),
  }
  return stage
}

/** All that an adapter says and all the secrets it was handed. */
class Record {
  readonly said: unknown[] = []
  readonly #secrets = new Set<string>()

  around(env: AdapterEnv): AdapterEnv {
    return {
      device: env.device,
      clock: env.clock,
      runtimeFolder: env.runtimeFolder,
      log: this.#logger(env.log),
      secret: async (reference) => {
        const secret = await env.secret(reference)
        this.#secrets.add(secret)
        return secret
      },
      remember: (memo) => {
        this.said.push(memo)
        return env.remember(memo)
      },
      recall: () => env.recall(),
    }
  }

  #logger(log: Logger): Logger {
    const kept =
      (level: keyof Logger): Logger[keyof Logger] =>
      (fields, message) => {
        this.said.push(message, fields)
        log[level](fields, message)
      }
    return { debug: kept('debug'), info: kept('info'), warn: kept('warn'), error: kept('error') }
  }

  /** Only texts long enough not to occur by chance count as secrets. */
  search(extra: string | undefined): void {
    const text = this.said.map((item) => inspect(item, { depth: 10, maxStringLength: null })).join('\n')
    for (const secret of [...this.#secrets, ...(extra === undefined ? [] : [extra])]) {
      if (secret.trim().length < 6) continue
      assert.ok(!text.includes(secret.trim()), 'a secret is in a log line, a memo or an error')
    }
  }
}
