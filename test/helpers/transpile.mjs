// node test/helpers/transpile.mjs FOLDER: puts Cordon there as tsc makes it, in `build`, which starts in half the time.
import { spawnSync } from 'node:child_process'
import { copyFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const [folder = ''] = process.argv.slice(2)
const build = join(folder, 'build')

run('node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--noCheck', '--outDir', build)
run('src/setup/copy-plain.mjs', build)
copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
run('src/setup/bundle.mjs', build)

function run(...words) {
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: ROOT, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${words.join(' ')} failed: ${stdout}${stderr}`)
}
