#!/usr/bin/env node
// The command `cordon`: runs the TypeScript beside it, or what tsc made of it where only that was installed.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const source = new URL('main.ts', import.meta.url)
const isSource = existsSync(fileURLToPath(source))
if (isSource) {
  const { register } = await import('tsx/esm/api')
  register()
}
const { main } = await import(isSource ? source.href : new URL('main.js', import.meta.url).href)
await main()
