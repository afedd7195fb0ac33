import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { ScriptConfig } from '../../adapters/script/config.ts'

const README = new URL('../../adapters/script/README.md', import.meta.url)
/** As whom scripts of tests are started, where tests run as root. */
const NOBODY = 65_534

/** A folder with an executable in it, and one beside it that the executable may write to. */
export interface ScriptPlace {
  readonly folder: string
  readonly data: string
  readonly file: string
  /** Puts a file there that the executable may change. */
  put(name: string, text: string): void
  config(more?: Partial<ScriptConfig>): ScriptConfig
  dispose(): void
}

export function makeScriptPlace(text: string): ScriptPlace {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-s-'))
  chmodSync(folder, 0o755)
  const [file, data] = [join(folder, 'my-idm'), join(folder, 'data')]
  const isRoot = process.geteuid?.() === 0
  const own = (path: string): void => {
    if (isRoot) chownSync(path, NOBODY, NOBODY)
  }
  writeExecutable(file, text)
  mkdirSync(data)
  own(data)
  return {
    ...{ folder, data, file },
    put(name, content) {
      const path = join(data, name)
      mkdirSync(dirname(path), { recursive: true })
      own(dirname(path))
      // In one step, as a script may be reading it.
      writeFileSync(`${path}.put`, content)
      own(`${path}.put`)
      renameSync(`${path}.put`, path)
    },
    config: (more = {}) => ({
      command: [file],
      realms: ['campus.example'],
      ...(isRoot ? { user: 'nobody' } : {}),
      ...more,
    }),
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export function writeExecutable(file: string, text: string): void {
  writeFileSync(file, text)
  chmodSync(file, 0o755)
}

/** The example of this language in the adapter's README: what people copy is what is tested. */
export function exampleScript(language: 'python' | 'sh'): string {
  const readme = readFileSync(README, 'utf8')
  const [, text] = new RegExp(`\`\`\`${language}\n(#!.*?)\`\`\``, 's').exec(readme) ?? []
  if (text === undefined) throw new Error(`the README has no example in ${language}`)
  return text
}

/** What the example in Python keeps: these users, none of them locked. */
export function accountsFile(users: readonly string[]): string {
  return JSON.stringify(
    Object.fromEntries(users.map((user, at) => [String(at + 100), { user, locked: false }])),
  )
}

/** The example in Python that ends sessions as well, as the README says how to put it together. */
export function sessionsScript(): string {
  const readme = readFileSync(README, 'utf8')
  const [, part] = /```python\n(def sessions.*?)```/s.exec(readme) ?? []
  if (part === undefined) throw new Error('the README has no example of sessions')
  const first = 'def answer(asked):\n'
  const ahead = `${part}\n\n${first}    if asked["kind"] == "no-session": return sessions(asked)\n`
  return exampleScript('python').replace(first, () => ahead)
}
