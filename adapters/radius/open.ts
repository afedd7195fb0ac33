import { type AdapterEnv, AdapterError } from '../adapter.ts'
import { ACCOUNTING_PORT, COA_PORT, type NasConfig, type RadiusConfig, settingsOf } from './config.ts'
import { Journal } from './journal.ts'
import { limitsOf } from './limits.ts'
import { Line } from './line.ts'
import { AccountingListener } from './listener.ts'
import { Nas } from './nas.ts'
import { Refusals } from './refusals.ts'
import { RadiusSession } from './session.ts'

/**
 * Begins to take in accounting, and knows again who was on before. A NAS is only spoken to when there is something to ask.
 * @throws AdapterError `no-port`, `bad-memo`, `no-folder`
 */
export async function openRadius(config: RadiusConfig, env: AdapterEnv): Promise<RadiusSession> {
  const limits = limitsOf(config)
  const session = new RadiusSession({ config, limits, env, nas: await nasesOf(config, env) })
  try {
    const { journal, held, damaged } = await journalOf(session, env)
    if (damaged > 0) env.log.warn({ device: env.device, damaged }, 'lines about sessions are damaged')
    session.begin(journal, held)
    await listen(config, session, env)
    return session
  } catch (error) {
    await session.close()
    throw error
  }
}

export async function nasesOf(config: RadiusConfig, env: AdapterEnv): Promise<ReadonlyMap<string, Nas>> {
  const all = config.nas.map(async (nas): Promise<[string, Nas]> => [nas.name, await nasOf(config, nas, env)])
  return new Map(await Promise.all(all))
}

async function nasOf(config: RadiusConfig, nas: NasConfig, env: AdapterEnv): Promise<Nas> {
  const { retryAfter, answerWithin } = limitsOf(config)
  const { name, address, port = COA_PORT } = nas
  const { clock } = env
  const secret = await secretOf(env, nas.secret)
  const line = new Line({ name, address, port, secret, retryAfter, answerWithin, clock })
  return new Nas({ config: nas, settings: settingsOf(config, nas), line, clock })
}

/** A line's end behind it belongs to the file. @throws AdapterError `auth` */
async function secretOf(env: AdapterEnv, reference: string): Promise<Buffer> {
  const secret = (await env.secret(reference)).replace(/\r?\n$/, '')
  if (secret === '') throw new AdapterError('auth', `the secret ${reference} is empty`)
  return Buffer.from(secret, 'utf8')
}

async function journalOf(session: RadiusSession, env: AdapterEnv): ReturnType<typeof Journal.open> {
  const { runtimeFolder: folder, clock } = env
  const isKept = { yes: true }
  const onTrouble = (words: string | undefined): void => {
    if (isKept.yes === (words === undefined)) return
    isKept.yes = words === undefined
    session.tell({
      type: 'status',
      code: 'sessions-unkept',
      ok: isKept.yes,
      words: words ?? 'they are kept again',
    })
  }
  try {
    return await Journal.open({ folder, clock, sessions: () => session.sessions(), onTrouble })
  } catch (error) {
    throw new AdapterError('rejected', `sessions cannot be kept in ${folder}: ${String(error)}`, 'no-folder')
  }
}

async function listen({ accounting }: RadiusConfig, session: RadiusSession, env: AdapterEnv): Promise<void> {
  if (accounting === undefined) return
  const clients = await Promise.all(
    accounting.clients.map(async ({ address, secret }) => ({ address, secret: await secretOf(env, secret) })),
  )
  const refusals = new Refusals(env, (change) => session.tell(change))
  const listener = await AccountingListener.open({
    ...{ address: accounting.listen, port: accounting.port ?? ACCOUNTING_PORT, clients, clock: env.clock },
    hear: (told, source) => session.hear(told, source),
    refused: (words) => refusals.note(words),
  })
  session.endWith(() => {
    listener.close()
    refusals.close()
  })
}
