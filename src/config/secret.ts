import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { AdapterError } from '../../adapters/adapter.ts'

/**
 * The text behind `file:PATH`, from `folder` on, or `env:NAME`, without a newline at its end. Errors name the
 * reference, never what is behind it.
 * @throws AdapterError `bad-config`
 */
export async function readSecret(reference: string, env: NodeJS.ProcessEnv, folder: string): Promise<string> {
  const [, kind, name] = /^(file|env):(.+)$/.exec(reference) ?? []
  if (kind === 'env' && name !== undefined) {
    const value = env[name]
    if (value === undefined || value === '') throw unusable(reference, 'the variable is not set')
    return value
  }
  if (kind === 'file' && name !== undefined) {
    const text = await readFile(resolve(folder, name), 'utf8').catch(() => {
      throw unusable(reference, 'the file cannot be read')
    })
    return text.replace(/\r?\n$/, '')
  }
  throw unusable('a secret', 'it must be a reference such as file:PATH or env:NAME')
}

function unusable(reference: string, why: string): AdapterError {
  return new AdapterError('auth', `${reference}: ${why}`, 'bad-config')
}
