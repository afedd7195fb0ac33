import { existsSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { Type } from 'typebox'
import type { LinkMemory, Lost } from './links.ts'
import { replaceFile } from './replace-file.ts'

const isLost = new Ajv().compile<Lost>(Type.Record(Type.String(), Type.Array(Type.String())))

/** A file of JSON that the next process reads. @throws when somebody else has written it */
export function linkFile(path: string): LinkMemory {
  return {
    read() {
      const value: unknown = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {}
      if (isLost(value)) return value
      throw new Error(`${path} lists no interfaces that are shut`)
    },
    write: (lost) => replaceFile(path, JSON.stringify(lost)),
  }
}
