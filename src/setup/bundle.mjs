// node src/setup/bundle.mjs BUILD: makes a few files of the many that `cordon` loads, which starts in half the time.
import { readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { build } from 'esbuild'

const [folder = 'build'] = process.argv.slice(2)
const cli = join(resolve(folder), 'src/cli')

await build({
  entryPoints: [join(cli, 'main.js')],
  outdir: cli,
  allowOverwrite: true,
  // Beside each other, so that the way from any of them to another file is the same.
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
  // It looks for files of its own.
  external: ['ssh2'],
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  },
  plugins: [{ name: 'where files are', setup: keepPlaces }],
})

/** What our files find from where they are is where it was. */
function keepPlaces({ onLoad }) {
  onLoad({ filter: /\.js$/ }, ({ path }) => {
    if (path.split(sep).includes('node_modules')) return undefined
    const place = `new URL(${JSON.stringify(relative(cli, path))}, import.meta.url).href`
    return {
      contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', place),
      resolveDir: dirname(path),
    }
  })
}
