import { usage } from '../exit.ts'
import type { Io } from '../io.ts'
import { fileName, readText } from './file.ts'

type Source = Pick<Io, 'cwd' | 'input' | 'signal'>

/**
 * What somebody says: an operand, where `-` is standard input, or what a file holds; `undefined` where nothing was given.
 * @throws CliError for both at once, and for a text without a word
 */
export async function readWords(
  operand: string | undefined,
  file: string | undefined,
  io: Source,
): Promise<string | undefined> {
  if (operand !== undefined && file !== undefined)
    throw usage('give the text or --file, not both; nothing was sent')
  const from = operand === '-' ? '-' : file
  const text = from === undefined ? operand : await readText(from, io)
  if (text === undefined) return undefined
  const words = text.replaceAll('\r\n', '\n').trim()
  if (words === '')
    throw usage(`${from === undefined ? 'the text' : fileName(from)} is empty; nothing was sent`)
  return words
}

/** The same where something must be said. @param what that is */
export async function requireWords(
  operand: string | undefined,
  file: string | undefined,
  io: Source,
  what: string,
): Promise<string> {
  const words = await readWords(operand, file, io)
  if (words === undefined)
    throw usage(`say ${what}: as the last word in quotes, as - for standard input, or by --file`)
  return words
}
