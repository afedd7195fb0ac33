#!/usr/bin/env node
// The command `cordon`: runs the TypeScript beside it, or what tsc made of it where only that was installed.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const source = new URL('main.ts', import.meta.url)
const isSource = existsSync(fileURLToPath(source))
try {
  if (isSource) {
    const { register } = await import('tsx/esm/api')
    register()
  }
  const { main } = await import(isSource ? source.href : new URL('main.js', import.meta.url).href)
  await main()
} catch (error) {
  if (!process.argv.includes('mail-in')) throw error
  // Parts of it lack while it is updated. A mail server would give the mail back for any other code (EX_TEMPFAIL).
  process.stderr.write(`cordon: it cannot be run at present (${error.code ?? error.name})\n`)
  process.exitCode = 75
}
