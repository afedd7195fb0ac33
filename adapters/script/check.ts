import type { AdapterEnv, Check } from '../adapter.ts'
import { looked } from '../configured/checks.ts'
import type { ScriptConfig } from './config.ts'
import { Script } from './script.ts'
import { greet } from './session.ts'

/** Everything that must be so before accounts can be locked: nobody is asked about, and nothing changed. */
export async function checkScript(
  config: ScriptConfig,
  env: AdapterEnv,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  const [file = ''] = config.command
  const checks: Check[] = []
  let script: Script | undefined
  const step = async (what: Check['what'], words: string, look: () => Promise<void>): Promise<void> => {
    if (checks.some(({ ok }) => !ok)) return
    checks.push(await looked(what, async () => look().then(() => ({ ok: true, words }))))
  }
  await step('login', asWhom(config), async () => {
    script = await Script.open(config, env, signal)
  })
  await step('rights', `nobody else can put anything in the place of ${file}`, async () => {
    await script?.requireTrusted()
  })
  await step('reach', `${file} answers as it should when it is asked about nobody`, async () => {
    if (script !== undefined) await greet(script, config, signal)
  })
  return checks
}

function asWhom({ user, secrets = {} }: ScriptConfig): string {
  const names = Object.keys(secrets)
  const told = names.length === 0 ? 'no secrets' : names.join(', ')
  return `it is started as ${user ?? 'the user that Cordon runs as'}, and told ${told}`
}
