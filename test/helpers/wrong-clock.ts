import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const LIBRARIES = '/usr/lib'
const LIBRARY = 'faketime/libfaketimeMT.so.1'

/** Why no process can be given a wrong clock here, or false: what `skip` of a test takes. */
export function noWrongClock(): string | false {
  return libraryPath() === undefined && 'libfaketime is not installed'
}

/** The wall clock of processes that are started with its environment; their monotonic clock is as it was. */
export class WrongClock {
  readonly env: NodeJS.ProcessEnv
  readonly #file: string

  /** Right at first. */
  constructor(folder: string) {
    this.#file = join(folder, 'clock')
    this.set(0)
    this.env = {
      ...process.env,
      LD_PRELOAD: libraryPath(),
      FAKETIME_TIMESTAMP_FILE: this.#file,
      // it looks at the file at every call
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    }
  }

  /** Puts it so many seconds ahead of the true time, or behind. */
  set(seconds: number): void {
    writeFileSync(this.#file, `${seconds < 0 ? '' : '+'}${seconds}\n`)
  }
}

/** Debian puts it below the machine's own name. */
function libraryPath(): string | undefined {
  return readdirSync(LIBRARIES)
    .map((folder) => join(LIBRARIES, folder, LIBRARY))
    .find((path) => existsSync(path))
}
