import { resolve } from 'node:path'
import { mappingProblems } from '../triggers/check-mapping.ts'
import type { TriggerFormat } from '../triggers/format.ts'
import { FORMATS } from '../triggers/formats.ts'
import { mappedFormat } from '../triggers/mapping.ts'
import { MappingSchema } from '../triggers/mapping-schema.ts'
import { ConfigError, type Problem, readYamlFile, type YamlFile } from './yaml-file.ts'

/** Reads how records of one source become triggers. @param text stands for that of the file @throws ConfigError with every problem found */
export async function readMapping(path: string, text?: string): Promise<TriggerFormat> {
  const file = await readYamlFile(path, MappingSchema, text)
  const problems = mappingProblems(file.data).map((found) => file.problem(found.path, found.message))
  if (problems.length > 0) throw new ConfigError(problems)
  return mappedFormat(file.data)
}

/**
 * Reads the mappings that a configuration names, each with a name of its own.
 * @throws ConfigError with every problem of all of them
 */
export async function readMappings(
  config: YamlFile<{ readonly mappings?: readonly string[] }>,
  folder: string,
): Promise<readonly TriggerFormat[]> {
  const [read, problems]: [TriggerFormat[], Problem[]] = [[], []]
  for (const [index, path] of (config.data.mappings ?? []).entries())
    try {
      const format = await readMapping(resolve(folder, path))
      const isTaken = FORMATS.has(format.name) || read.some(({ name }) => name === format.name)
      if (isTaken)
        problems.push(config.problem(['mappings', index], `there is a form ${format.name} already`))
      else read.push(format)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      problems.push(...error.problems)
    }
  if (problems.length > 0) throw new ConfigError(problems)
  return read
}
