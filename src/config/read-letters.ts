import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { letterProblems } from '../notify/letters/check-letter.ts'
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
 * Reads the templates of mails: those of the site's folder, and the shipped ones for all others.
 * @param folder of the site; left out, all are as shipped
 * @throws ConfigError with every problem of every template
 */
export async function readLetters(folder?: string): Promise<ReadLetters> {
  const own = folder === undefined ? [] : await templatesIn(folder)
  const places = LETTER_NAMES.map((name) => ({
    name,
    file: own.find((file) => basename(file, ENDING) === name) ?? join(SHIPPED, `${name}${ENDING}`),
  }))
  const read = await Promise.all(places.map((place) => readOne(place)))
  const problems = [...own.flatMap(unknownName), ...read.flatMap((one) => one.problems)]
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

async function readOne({ name, file }: { readonly name: LetterName; readonly file: string }) {
  const source = await readText(file)
  const problems = letterProblems(name, source).map(({ line, message }) => problemAt(file, line, message))
  return { name, source, problems }
}

function unknownName(file: string): Problem[] {
  const names: readonly string[] = LETTER_NAMES
  const name = basename(file, ENDING)
  if (names.includes(name)) return []
  return [problemAt(file, 1, `there is no mail '${name}'; known are ${names.join(', ')}`)]
}
