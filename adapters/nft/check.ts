import { type AdapterEnv, AdapterError, type Check } from '../adapter.ts'
import { capacityLook, clockLook, LOGGED_IN, looked, notLoggedIn } from '../configured/checks.ts'
import { type NftConfig, type Settings, settingsOf } from './config.ts'
import { Far } from './far.ts'
import { here } from './here.ts'
import type { Place } from './place.ts'
import { readNft } from './process.ts'
import { listTable, observeAll } from './reader.ts'

const LOOK_MS = 15_000

type Look = Omit<Check, 'what'>

/** Everything that must be so before blocks can be put there. Nothing is changed. */
export async function checkHost(
  config: NftConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const settings = settingsOf(config)
  let far: Far | undefined
  try {
    far = settings.far && (await Far.open(settings.far, settings.namespace, env, signal))
  } catch (error) {
    return notLoggedIn(error)
  }
  const place = far ?? here(settings.namespace)
  try {
    return [
      ...(far === undefined ? [] : LOGGED_IN),
      await looked('rights', () => rights(place, settings, env, signal)),
      await looked('capacity', () => capacity(place, settings, env, signal)),
      ...(far === undefined ? [] : [await looked('clock', () => time(far, env, signal))]),
    ]
  } finally {
    await place.close()
  }
}

/** The kernel is asked for a table of ours, and to take it back before it counts (`nft --check`). */
async function rights(place: Place, settings: Settings, env: AdapterEnv, signal: AbortSignal): Promise<Look> {
  const limit = { clock: env.clock, ms: LOOK_MS, signals: [signal] }
  await readNft(place, ['-c', 'add', 'table', 'inet', settings.table], limit, () => {})
  return { ok: true, words: 'it would let us have a table' }
}

async function capacity(
  place: Place,
  settings: Settings,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<Look> {
  const mirror = await listTable(place, settings.table, env.clock, [signal])
  const { rules, uncertain, foreign } = await observeAll(mirror)
  return capacityLook(rules.length + uncertain.length, foreign, settings.maxEntries)
}

async function time(far: Far, env: AdapterEnv, signal: AbortSignal): Promise<Look> {
  let text = ''
  const limit = { clock: env.clock, ms: LOOK_MS, signals: [signal] }
  await readNft({ start: () => far.run('date +%s') }, [], limit, (more) => {
    text += more
  })
  if (!/^\d{1,12}\n$/.test(text)) throw new AdapterError('rejected', 'it does not say what time it has')
  return clockLook(Number(text) * 1_000, env.clock.now())
}
