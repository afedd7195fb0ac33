import { mappingProblems } from '../triggers/check-mapping.ts'
import type { TriggerFormat } from '../triggers/format.ts'
import { mappedFormat } from '../triggers/mapping.ts'
import { MappingSchema } from '../triggers/mapping-schema.ts'
import { ConfigError, readYamlFile } from './yaml-file.ts'

/** Reads how records of one source become triggers. @param text stands for that of the file @throws ConfigError with every problem found */
export async function readMapping(path: string, text?: string): Promise<TriggerFormat> {
  const file = await readYamlFile(path, MappingSchema, text)
  const problems = mappingProblems(file.data).map((found) => file.problem(found.path, found.message))
  if (problems.length > 0) throw new ConfigError(problems)
  return mappedFormat(file.data)
}
