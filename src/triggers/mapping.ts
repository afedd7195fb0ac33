import { Type } from 'typebox'
import { InputError, within } from '../domain/input-error.ts'
import { readTime, type TriggerInput, type TriggerKind } from '../domain/trigger.ts'
import { readAddresses } from './addresses.ts'
import { checked } from './checked.ts'
import type { FormatContext, Reading, TriggerFormat } from './format.ts'
import { type End, type Incident, readIncident } from './incident.ts'
import type { MappedEnd, MappedField, MappedLine, Mapping } from './mapping-schema.ts'
import { mappedValue, pathsOf, READERS, readLabel } from './mapping-values.ts'
import { labelsOf } from './record.ts'
import { isThere, valueAt } from './record-path.ts'

/** Any object: what of it counts is the mapping's to say. */
const RecordSchema = Type.Object({})

/** With what it was declared by, so that another mapping of the same name can be told from it. */
interface MappedFormat extends TriggerFormat {
  readonly mapping: Mapping
}

/** The format whose records a mapping describes; the mapping has no problems. */
export function mappedFormat(mapping: Mapping): MappedFormat {
  return {
    ...{ name: mapping.name, mapping },
    schema: RecordSchema,
    read: (record, context) => readMapped(mapping, checked(RecordSchema, record), context),
  }
}

/** @throws InputError with the path in the record of what is wrong */
function readMapped(mapping: Mapping, record: unknown, context: FormatContext): Reading {
  const line = (mapping.records ?? []).find((one) => holds(one, record))
  const kind = line?.kind ?? 'open'
  if (kind === 'ignore') return { triggers: [], ignored: [{ what: 'the record', why: line?.why ?? '' }] }
  const ends = { sources: endOf(mapping.source, record), targets: endOf(mapping.destination, record) }
  const incident = { ...turned(ends, mapping, record, context), ...saidBy(mapping, record, kind) }
  return readIncident(incident, context)
}

/** All of `when` holds, and something of `unless` does not. */
function holds({ when, unless }: MappedLine, record: unknown): boolean {
  return (when === undefined || fulfils(record, when)) && (unless === undefined || !fulfils(record, unless))
}

function fulfils(record: unknown, condition: NonNullable<MappedLine['when']>): boolean {
  return Object.entries(condition).every(([path, wanted]) => {
    const known = [wanted].flat().map(String)
    const values = [valueAt(record, path)].flat()
    return values.some((value) => isThere(value) && known.includes(String(value)))
  })
}

function endOf(end: MappedEnd | undefined, record: unknown): End[] {
  if (end === undefined) return []
  const addresses = listAt(record, end.addresses, (value) => {
    if (typeof value === 'string') return readAddresses(value)
    throw new InputError('prefix-malformed', 'an address or a prefix is needed, as text')
  })
  if (addresses.length === 0) return []
  // Port 0 is how flow records say that there is none.
  const ports = listAt(record, end.ports, (value) => [readPort(value)]).filter((port) => port > 0)
  return [{ addresses, ports, protocols: listAt(record, end.protocols, (value) => [String(value)]) }]
}

/** What stands at the first of the paths where something stands, a value or a list of them. */
function listAt<T>(
  record: unknown,
  paths: MappedEnd['addresses'] | undefined,
  read: (value: unknown) => readonly T[],
): T[] {
  const [path] = pathsOf(paths).filter((one) => isThere(valueAt(record, one)))
  if (path === undefined) return []
  return within(path, () => [valueAt(record, path)].flat().flatMap(read))
}

function readPort(value: unknown): number {
  const port = typeof value === 'string' && /^\d{1,5}$/.test(value) ? Number(value) : value
  if (typeof port === 'number' && Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw new InputError('port', 'a port is a whole number from 0 to 65535')
}

/** The other way round where the mapping says that our end, the only one of ours, has the other role. */
function turned(
  { sources, targets }: Pick<Incident, 'sources' | 'targets'>,
  { own }: Mapping,
  record: unknown,
  { isOwn }: FormatContext,
): Pick<Incident, 'sources' | 'targets'> {
  const role = own === undefined ? undefined : mappedValue(own, record, READERS.own)
  const isOurs = (ends: readonly End[]) => ends.some(({ addresses }) => addresses.some(isOwn))
  const [from, to] = [isOurs(sources), isOurs(targets)]
  const wrong = from !== to && ((role === 'offender' && to) || (role === 'victim' && from))
  return wrong ? { sources: targets, targets: sources } : { sources, targets }
}

function saidBy(mapping: Mapping, record: unknown, kind: TriggerKind): Pick<Incident, 'id' | 'said'> {
  const fields = Object.entries(mapping.fields).flatMap(([name, spec]) => {
    const value = mappedValue(spec, record, READERS[name as MappedField])
    return value === undefined ? [] : [[name, value] as const]
  })
  const read = Object.fromEntries(fields) as Partial<TriggerInput>
  const { id, category, detectedAt, revision, ...rest } = read
  if (id === undefined || id === '') throw missing(mapping, 'id')
  if (category === undefined) throw missing(mapping, 'category')
  if (detectedAt === undefined) throw missing(mapping, 'detectedAt')
  const labels = Object.entries(mapping.labels ?? {}).map(
    ([name, spec]) => [name, mappedValue(spec, record, readLabel) as string | undefined] as const,
  )
  return {
    id,
    said: {
      ...rest,
      kind,
      category,
      detectedAt,
      revision: revision ?? Math.max(0, readTime(detectedAt)),
      labels: labelsOf(Object.fromEntries(labels)),
    },
  }
}

function missing({ fields }: Mapping, field: 'id' | 'category' | 'detectedAt'): InputError {
  const { from, join = [] } = fields[field]
  const paths = [...pathsOf(from), ...join]
  return new InputError(
    'mapping-missing',
    `the record says nothing from which ${field} follows; it is looked for at ${paths.join(', ')}`,
    paths[0],
  )
}
