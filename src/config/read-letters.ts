import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { letterCheck } from '../notify/letters/check-letter.ts'
import type { LetterName, LetterSources } from '../notify/letters/letter-data.ts'
import { LETTER_NAMES } from '../notify/letters/letter-examples.ts'
import { ConfigError, type Problem, problemAt, readText, unreadable } from './yaml-file.ts'

/** The templates that Cordon brings along. */
const SHIPPED = fileURLToPath(new URL('../../policies/mail', import.meta.url))
const ENDING = '.liquid'

/** Templates of mails, and the files of the site's own among them. */
export interface ReadLetters {
  readonly sources: LetterSources
  readonly files: readonly string[]
}

/**
 * Reads the templates of mails: those of the site's folder, and the shipped ones for all others. The shipped ones are
 * part of the program: its tests check them, so that no start has to.
 * @param folder of the site; left out, all are as shipped
 * @throws ConfigError with every problem of every template of the site
 */
export async function readLetters(folder?: string): Promise<ReadLetters> {
  const own = folder === undefined ? [] : await templatesIn(folder)
  const read = await Promise.all(LETTER_NAMES.map((name) => readOne(name, own)))
  const problems = [...own.flatMap(unknownName), ...problemsOf(read)]
  if (problems.length > 0) throw new ConfigError(problems)
  const sources = Object.fromEntries(read.map(({ name, source }) => [name, source]))
  return { sources: sources as LetterSources, files: own }
}

async function templatesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new ConfigError([unreadable(folder, error)])
  })
  return names
    .filter((name) => name.endsWith(ENDING))
    .sort()
    .map((name) => join(folder, name))
}

interface ReadLetter {
  readonly name: LetterName
  readonly source: string
  /** The site's own file that it is from. */
  readonly own: string | undefined
}

async function readOne(name: LetterName, files: readonly string[]): Promise<ReadLetter> {
  const own = files.find((file) => basename(file, ENDING) === name)
  return { name, source: await readText(own ?? join(SHIPPED, `${name}${ENDING}`)), own }
}

function problemsOf(read: readonly ReadLetter[]): Problem[] {
  if (read.every(({ own }) => own === undefined)) return []
  const check = letterCheck()
  return read.flatMap(({ name, source, own }) =>
    own === undefined ? [] : check(name, source).map(({ line, message }) => problemAt(own, line, message)),
  )
}

function unknownName(file: string): Problem[] {
  const names: readonly string[] = LETTER_NAMES
  const name = basename(file, ENDING)
  if (names.includes(name)) return []
  return [problemAt(file, 1, `there is no mail '${name}'; known are ${names.join(', ')}`)]
}
