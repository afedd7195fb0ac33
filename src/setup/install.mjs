// node src/setup/install.mjs WHY [DEBIAN PACKAGE ...]: the npm packages, and these of Debian, or exit 1.
import { ensureDebian, ensurePackages } from './ensure.mjs'

const [why = 'Cordon', ...packages] = process.argv.slice(2)

ensurePackages()
if (packages.length > 0) {
  const { missing, words } = ensureDebian({ packages, why })
  if (missing.length > 0) {
    console.error(words)
    process.exitCode = 1
  }
}
