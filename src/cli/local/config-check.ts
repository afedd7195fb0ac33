import { allAdapters, allWitnesses } from '../../../adapters/index.ts'
import { loadConfig } from '../../config/load.ts'
import { ConfigError, type Problem, problemText } from '../../config/yaml-file.ts'

/** What came of reading a configuration. */
export interface Checked {
  readonly problems: readonly (Problem & { readonly text: string })[]
  /** One sentence for people. */
  readonly summary: string
}

/** Reads a configuration as `serve` would, and lists what is wrong with it. */
export async function checkConfig(path: string): Promise<Checked> {
  try {
    const { inventory, placements } = await loadConfig(path, {
      adapters: allAdapters(),
      witnesses: allWitnesses(),
    })
    const { devices, departments } = inventory
    return {
      problems: [],
      summary: `${path} can be used: ${devices.size} devices, ${departments.size} departments, ${placements.length} placements`,
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const { problems } = error
    return {
      problems: problems.map((problem) => ({ ...problem, text: problemText(problem) })),
      summary: `${path} cannot be used: ${problems.length} ${problems.length === 1 ? 'problem' : 'problems'}`,
    }
  }
}
