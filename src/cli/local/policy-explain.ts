import { readFile } from 'node:fs/promises'
import { readPolicies } from '../../config/read-policies.ts'
import { ConfigError, problemText, schemaErrors } from '../../config/yaml-file.ts'
import { InputError } from '../../domain/input-error.ts'
import { type Decided, decide } from '../../policy/decide.ts'
import { factsOf } from '../../policy/examples.ts'
import { CASE, type Case } from '../../policy/schema.ts'

/** What policies make of a case, or why nothing could be said. */
export type Explained =
  | { readonly ok: true; readonly decided: Decided }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Asks all policies of a folder about the case in a JSON file: a trigger, and what is `given` about its target. */
export async function explainCase(folder: string, file: string): Promise<Explained> {
  try {
    const read = JSON.parse(await readFile(file, 'utf8')) as unknown
    const wrong = schemaErrors(CASE, read)
    if (wrong.length > 0)
      return {
        ok: false,
        problems: wrong.map(({ path, message }) => `${file}: ${path.join('.')}: ${message}`),
      }
    const policies = (await readPolicies(folder)).map(({ policy }) => policy)
    return { ok: true, decided: decide(policies, factsOf(read as Case)) }
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, problems: error.problems.map(problemText) }
    if (error instanceof InputError)
      return { ok: false, problems: [`${file}: ${error.path}: ${error.message}`] }
    if (error instanceof SyntaxError || isSystem(error))
      return { ok: false, problems: [`${file}: ${error.message}`] }
    throw error
  }
}

function isSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error
}
