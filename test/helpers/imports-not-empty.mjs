// dependency-cruiser passes when it sees nothing, for instance when it does not know the TypeScript in use. So what
// it sees is held against what is on the disk.
import { readdir } from 'node:fs/promises'
import { cruise } from 'dependency-cruiser'
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config'

const FOLDERS = ['src', 'adapters', 'integrations', 'simulator', 'test']

const options = await extractOptions('./.dependency-cruiser.cjs')
const result = await cruise(FOLDERS, options, undefined, { tsConfig: extractTsConfig('tsconfig.json') })
const seen = new Map(result.output.modules.map((module) => [module.source, module.dependencies.length]))

const files = []
for (const folder of FOLDERS) {
  for (const entry of await readdir(folder, { recursive: true })) {
    if (/(?<![.]d)[.](ts|mjs)$/.test(entry)) files.push(`${folder}/${entry}`)
  }
}
const missing = files.filter((file) => !seen.has(file))
const imports = files.reduce((sum, file) => sum + (seen.get(file) ?? 0), 0)

if (files.length === 0 || missing.length > 0 || imports < files.length / 2) {
  console.error(
    `dependency-cruiser saw ${files.length - missing.length} of ${files.length} modules, ${imports} imports.`,
  )
  for (const file of missing.slice(0, 10)) console.error(`  not seen: ${file}`)
  process.exitCode = 1
} else {
  console.log(`The import rules cover ${files.length} modules and ${imports} imports.`)
}
