import { renameSync, writeFileSync } from 'node:fs'

/** Written beside and renamed: a crash leaves the old text or the new one. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}
