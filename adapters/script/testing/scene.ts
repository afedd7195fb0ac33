import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeScriptPlace, type ScriptPlace } from '../../../test/helpers/script-place.ts'
import { switchEnv } from '../../../test/helpers/switch-env.ts'
import type { AdapterEnv } from '../../adapter.ts'
import type { ScriptConfig } from '../config.ts'

export const NEVER = new AbortController().signal
export const SECRET = 'pass word/42+secret'

export interface ScriptScene {
  readonly place: ScriptPlace
  readonly env: AdapterEnv
  readonly config: ScriptConfig
}

/** A script of this text, and what its adapter is given; gone at the end. */
export async function withScript(
  text: string,
  run: (scene: ScriptScene) => Promise<void>,
  more: Partial<ScriptConfig> = {},
): Promise<void> {
  const place = makeScriptPlace(text)
  const runtimeFolder = mkdtempSync(join(tmpdir(), 'cordon-s-'))
  const env = { ...switchEnv('idm'), runtimeFolder, secret: async () => SECRET }
  const environment = { DATA: place.data, IDM_FILE: join(place.data, 'accounts.json') }
  try {
    await run({ place, env, config: place.config({ environment, ...more }) })
  } finally {
    rmSync(runtimeFolder, { recursive: true, force: true })
    place.dispose()
  }
}

/** One that says this when it is asked about somebody, does this when it is to turn one, and else answers as it should. */
export function sh({ read = 'echo bad', turn = `echo '{"done":true}'` }: { read?: string; turn?: string }) {
  return `#!/bin/sh
asked=$(cat)
case $asked in
*'"who":[]'*) echo '{"who":{}}' ;;
*'"operation":"read"'*) ${read} ;;
*) ${turn} ;;
esac
`
}
