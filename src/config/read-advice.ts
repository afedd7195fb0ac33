import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type Static, Type } from 'typebox'
import type { Advice } from '../domain/advice.ts'
import { CATEGORIES, type Category } from '../domain/category.ts'
import type { ReadPolicy } from './read-policies.ts'
import {
  ConfigError,
  type Problem,
  problemAt,
  readText,
  readYamlFile,
  unreadable,
  type YamlFile,
} from './yaml-file.ts'

/** What stands ahead of a text, between two lines of `---`. */
const FrontMatter = Type.Object(
  {
    title: Type.String({ minLength: 1, maxLength: 60, pattern: '^[^\\p{C}\\p{Zl}\\p{Zp}]+$' }),
    categories: Type.Array(Type.Enum([...CATEGORIES]), { uniqueItems: true }),
  },
  { additionalProperties: false },
)

/** Texts are read in mails, and mails are not wrapped again. */
const WIDEST = 76
const MOST_LINES = 60

interface ReadText {
  readonly file: string
  readonly advice: Advice
  readonly front: YamlFile<Static<typeof FrontMatter>>
}

/** Texts of advice, and the files in which they stand. */
export interface ReadAdvice {
  readonly texts: readonly Advice[]
  readonly files: readonly string[]
}

/**
 * Reads the texts of a folder, by name: the files whose names end in `.md`, one text each.
 * @throws ConfigError with every problem of every file, also where a rule of a policy names a text that is not there
 */
export async function readAdvice(folder: string, policies: readonly ReadPolicy[]): Promise<ReadAdvice> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw new ConfigError([unreadable(folder, error)])
  })
  const [read, problems]: [ReadText[], Problem[]] = [[], []]
  const files = names.filter((name) => name.endsWith('.md')).sort()
  for (const name of files)
    try {
      read.push(await readOne(join(folder, name)))
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems)
    }
  problems.push(...ambiguous(read))
  const known = files.map(nameOf)
  problems.push(...policies.flatMap((policy) => unknownNames(policy, known)))
  if (problems.length > 0) throw new ConfigError(problems)
  return { texts: read.map(({ advice }) => advice), files: read.map(({ file }) => file) }
}

function nameOf(file: string): string {
  return basename(file, '.md')
}

/** @throws ConfigError with every problem of the file */
async function readOne(file: string): Promise<ReadText> {
  const text = await readText(file)
  const name = nameOf(file)
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(name))
    throw new ConfigError([
      problemAt(file, 1, `'${name}' is no name of advice: lower case, digits and hyphens, as clean-host.md`),
    ])
  const [, yaml, body = ''] = /^---\r?\n(.*?\n)---\r?\n(.*)$/s.exec(text) ?? []
  if (yaml === undefined)
    throw new ConfigError([
      problemAt(file, 1, 'it begins with title and categories between two lines of ---, and has none'),
    ])
  // An empty line in place of the first `---`, so that lines are counted as in the file.
  const front = await readYamlFile(file, FrontMatter, `\n${yaml}`)
  const problems = bodyProblems(file, body, yaml.split('\n').length + 2)
  if (problems.length > 0) throw new ConfigError(problems)
  const { title, categories } = front.data
  return { file, front, advice: { name, title, categories, text: `${body.trim()}\n` } }
}

function bodyProblems(file: string, body: string, first: number): Problem[] {
  const lines = body.trimEnd().split('\n')
  if (body.trim() === '') return [problemAt(file, first, 'it has no text')]
  if (lines.length > MOST_LINES)
    return [problemAt(file, first, `${lines.length} lines; ${MOST_LINES} at the most, as nobody reads more`)]
  return lines.flatMap((line, index) => {
    const words = lineProblem(line)
    return words === undefined ? [] : [problemAt(file, first + index, words)]
  })
}

function lineProblem(line: string): string | undefined {
  if ([...line].length > WIDEST)
    return `${[...line].length} characters; a line has ${WIDEST} at the most, as mails are read`
  return /[\p{C}\p{Zl}\p{Zp}]/u.test(line)
    ? 'there is a tab, a carriage return or another control character; plain text has none'
    : undefined
}

/** A category of two texts: nobody could say which one counts. */
function ambiguous(read: readonly ReadText[]): Problem[] {
  const taken = new Map<Category, string>()
  return read.flatMap(({ file, advice, front }) =>
    advice.categories.flatMap((category, index) => {
      const other = taken.get(category)
      if (other === undefined) taken.set(category, file)
      return other === undefined
        ? []
        : [front.problem(['categories', index], `${category} is a category of ${other} already`)]
    }),
  )
}

function unknownNames({ policy, problem }: ReadPolicy, known: readonly string[]): Problem[] {
  return policy.rules.flatMap(({ advice }, index) =>
    advice === undefined || known.includes(advice)
      ? []
      : [
          problem(
            ['rules', index, 'advice'],
            `there is no advice '${advice}'; known are ${known.join(', ') || 'none'}`,
          ),
        ],
  )
}
