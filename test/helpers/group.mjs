// One process of `npm test`: its files, one after the other, each as a suite. So hooks that stand at the top of a file
// are of that file alone, and one that cannot be loaded fails without its neighbours. A helper is loaded once for all of
// them: its hooks are set by a function that the files call.
import { resolve } from 'node:path'
import { describe } from 'node:test'
import { pathToFileURL } from 'node:url'

/** A suite would be left out by this option, with all that is in it. */
const suite = process.execArgv.includes('--test-only') ? describe.only : describe

/** @param files from the root of the checkout, where the process runs */
export async function runGroup(files) {
  for (const file of files) {
    await suite(file, async () => {
      await import(pathToFileURL(resolve(file)).href)
    })
  }
}
