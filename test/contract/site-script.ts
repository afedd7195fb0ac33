import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ByHand } from '../../adapters/script/by-hand.ts'
import { type ScriptConfig, timeoutOf } from '../../adapters/script/config.ts'
import { scriptAdapter } from '../../adapters/script/index.ts'
import { Script } from '../../adapters/script/script.ts'
import { identityRule } from '../../src/domain/rule.ts'
import { switchEnv } from '../helpers/switch-env.ts'
import type { Device, Fixture } from './fixture.ts'

/** A site's own executable, and accounts that may be locked for a try. All of them can be used at the start. */
export interface ScriptSite {
  readonly config: Omit<ScriptConfig, 'accounts'>
  readonly accounts: readonly string[]
  /** One that Cordon may never touch. */
  readonly bystander: string
  readonly secret: (reference: string) => Promise<string>
}

/** Each look is two starts. */
const LOOK_MS = 500

/** The contract with a script: how accounts really stand is asked of the script itself, past the adapter. */
export function scriptFixture(
  site: ScriptSite,
  more: Pick<Device<ScriptConfig>, 'cut' | 'stall' | 'truth'> = {},
): Fixture<typeof scriptAdapter.configSchema> {
  const config: ScriptConfig = { interval: LOOK_MS, ...site.config, accounts: [...site.accounts] }
  const { patience = 0 } = scriptAdapter.capabilities(config)
  return {
    name: 'script',
    adapter: scriptAdapter,
    numRuns: 2,
    patience: patience + timeoutOf(config),
    start: async () => ({ ...(await started(site, config)), ...more }),
    withSwitch: (given, name) => ({ ...given, accounts: [...(given.accounts ?? []), name] }),
  }
}

async function started(site: ScriptSite, config: ScriptConfig): Promise<Device<ScriptConfig>> {
  const folder = await mkdtemp(join(tmpdir(), 'cordon-s-'))
  const env = { ...switchEnv('script'), runtimeFolder: folder, secret: site.secret }
  const { accounts, bystander } = site
  const never = new AbortController().signal
  const hand = new ByHand(await Script.open(config, env, never), env.clock, never)
  const giveBack = (): Promise<void> => hand.giveBack([...accounts, bystander])
  await giveBack()
  return {
    config,
    env,
    plantForeign: () => hand.turn(bystander, 'down'),
    foreignIntact: async () => (await hand.read(bystander)) === 'down',
    truth: async () => {
      const all = await hand.readAll(accounts)
      return accounts
        .filter((name) => all.get(name) === 'down')
        .map((name) => identityRule('account-locked', name))
    },
    switches: {
      read: ({ name }) => hand.read(name),
      turn: ({ name }, to) => hand.turn(name, to),
      others: async () => `${bystander} ${await hand.read(bystander)}`,
    },
    stop: () => giveBack().finally(() => rm(folder, { recursive: true, force: true })),
  }
}
