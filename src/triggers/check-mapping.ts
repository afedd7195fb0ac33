import { InputError } from '../domain/input-error.ts'
import type { MappedField, MappedLine, MappedValue, Mapping } from './mapping-schema.ts'
import { pathsOf, READERS, type Reader, readLabel } from './mapping-values.ts'
import { DEEPEST } from './record-path.ts'

/** What is wrong with a mapping that has the right form, and where in it. */
export interface MappingProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

type Place = MappingProblem['path']

/** Everything about a mapping that can be known before there is a record. */
export function mappingProblems(mapping: Mapping): MappingProblem[] {
  const { records = [], source, destination, own, fields, labels = {} } = mapping
  const ends = [['source', source] as const, ['destination', destination] as const]
  return [
    ...(source === undefined && destination === undefined
      ? [{ path: [], message: 'say who is meant: source, destination, or both' }]
      : []),
    ...records.flatMap((line, index) => lineProblems(line, ['records', index])),
    ...ends.flatMap(([name, end]) =>
      Object.entries(end ?? {}).flatMap(([part, paths]) => pathProblems(pathsOf(paths), [name, part])),
    ),
    ...(own === undefined ? [] : valueProblems(own, READERS.own, ['own'])),
    ...Object.entries(fields).flatMap(([name, spec]) =>
      valueProblems(spec, READERS[name as MappedField], ['fields', name]),
    ),
    ...Object.entries(labels).flatMap(([name, spec]) => valueProblems(spec, readLabel, ['labels', name])),
  ]
}

function lineProblems({ when, unless, kind, why }: MappedLine, at: Place): MappingProblem[] {
  return [
    ...(when === undefined && unless === undefined
      ? [{ path: at, message: 'say when it holds, by when or unless' }]
      : []),
    ...(kind === 'ignore' && why === undefined
      ? [{ path: at, message: 'say why such records are ignored' }]
      : []),
    ...(kind !== 'ignore' && why !== undefined
      ? [{ path: [...at, 'why'], message: 'only what is ignored has a why' }]
      : []),
    ...pathProblems(Object.keys(when ?? {}), [...at, 'when']),
    ...pathProblems(Object.keys(unless ?? {}), [...at, 'unless']),
  ]
}

function pathProblems(paths: readonly string[], at: Place): MappingProblem[] {
  return paths.flatMap((path) => {
    const parts = path.split('.')
    if (parts.some((part) => part === ''))
      return [{ path: at, message: `'${path}' has a part without a name` }]
    return parts.length > DEEPEST ? [{ path: at, message: `'${path}' has more than ${DEEPEST} parts` }] : []
  })
}

function valueProblems(spec: MappedValue, read: Reader, at: Place): MappingProblem[] {
  const { from, join, value, map = {}, scale, default: fallback } = spec
  const looks = from !== undefined || join !== undefined
  const readable = (constant: unknown, ...part: string[]): MappingProblem[] => {
    try {
      read(constant)
      return []
    } catch (error) {
      if (error instanceof InputError) return [{ path: [...at, ...part], message: error.message }]
      throw error
    }
  }
  return [
    ...(looks === (value !== undefined)
      ? [{ path: at, message: 'give either value, or from and join' }]
      : []),
    ...(value !== undefined && Object.keys(spec).length > 1
      ? [{ path: at, message: 'beside value there is nothing else to say' }]
      : []),
    ...(spec.map !== undefined && scale !== undefined
      ? [{ path: [...at, 'scale'], message: 'what is looked up in map is not multiplied' }]
      : []),
    ...pathProblems([...pathsOf(from), ...(join ?? [])], at),
    ...(value === undefined ? [] : readable(value, 'value')),
    ...(fallback === undefined ? [] : readable(fallback, 'default')),
    ...Object.entries(map).flatMap(([word, ours]) => readable(ours, 'map', word)),
  ]
}
