import { mkdirSync } from 'node:fs'
import { Value } from 'typebox/value'
import { type Adapter, type AdapterEnv, AdapterError, type Session } from '../adapter.ts'
import { lockFolder } from '../transport/folder-lock.ts'
import { capabilitiesOf, checkConfig, type ExabgpConfig, exabgpConfig } from './config.ts'
import { provision } from './provision/provision.ts'
import { ExabgpSession } from './session.ts'
import { obtainSpeaker } from './speaker.ts'

export { stopSpeaker } from './speaker.ts'

/** Remotely triggered blackholes through ExaBGP 4.2, which is started, supervised and taken over here. */
export const exabgpAdapter: Adapter<typeof exabgpConfig> = {
  kind: 'exabgp',
  configSchema: exabgpConfig,
  whyUnusable,
  capabilities: capabilitiesOf,
  open,
  provision,
}

/** What a speaker that answers is not; ends what an earlier session reported. */
const CONDITIONS = ['speaker-down', 'speaker-hung', 'helper-down']

/** @returns what {@link checkConfig} finds */
function whyUnusable(config: ExabgpConfig): string | undefined {
  try {
    checkConfig(config)
    return undefined
  } catch (error) {
    if (error instanceof AdapterError) return error.message
    throw error
  }
}

async function open(config: ExabgpConfig, env: AdapterEnv): Promise<Session> {
  if (!Value.Check(exabgpConfig, config)) {
    throw new AdapterError('unsupported', 'the configuration does not fit the schema', 'bad-config')
  }
  checkConfig(config)
  let release: (() => Promise<void>) | undefined
  try {
    mkdirSync(env.runtimeFolder, { recursive: true, mode: 0o700 })
    release = await lockFolder(env.runtimeFolder)
    if (release === undefined) {
      throw new AdapterError('locked', 'another controller holds the runtime folder', 'folder-locked')
    }
    return await begin(config, env, release)
  } catch (error) {
    await release?.()
    if (error instanceof AdapterError) throw error
    const words = error instanceof Error ? error.message : String(error)
    throw new AdapterError('unsupported', `the runtime folder cannot be used: ${words}`, 'runtime-folder')
  }
}

async function begin(
  config: ExabgpConfig,
  env: AdapterEnv,
  release: () => Promise<void>,
): Promise<ExabgpSession> {
  const { id, link, adopted, news } = await obtainSpeaker(config, env)
  const answers = CONDITIONS.map(
    (code) => ({ type: 'status', code, ok: true, words: 'ExaBGP answers' }) as const,
  )
  const session = new ExabgpSession({
    config,
    env,
    link,
    speaker: id,
    adopted,
    news: [...answers, ...news],
    release,
  })
  try {
    await session.load()
  } catch (error) {
    await session.close()
    throw error
  }
  return session
}
