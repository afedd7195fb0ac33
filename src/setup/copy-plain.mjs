// After tsc: copies what it leaves out (plain modules, YAML, texts of policies) to the same places under build/.
import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const target = process.argv[2] ?? join(ROOT, 'build')

const PLAIN = /\.(mjs|yaml)$/
const LEFT_OUT = { src: PLAIN, adapters: PLAIN, simulator: PLAIN, policies: /\.(yaml|md|liquid)$/ }

for (const [top, wanted] of Object.entries(LEFT_OUT)) {
  for (const file of readdirSync(join(ROOT, top), { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || !wanted.test(file.name)) continue
    const from = join(file.parentPath, file.name)
    cpSync(from, join(target, from.slice(ROOT.length)))
  }
}
