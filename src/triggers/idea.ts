import { type Static, Type } from 'typebox'
import type { Category } from '../domain/category.ts'
import { InputError, within } from '../domain/input-error.ts'
import { type Family, type Prefix, prefixFamily } from '../domain/prefix.ts'
import { readTime, type TriggerKind } from '../domain/trigger.ts'
import { readAddresses, sharing } from './addresses.ts'
import { checked } from './checked.ts'
import type { FormatContext, Reading, TriggerFormat } from './format.ts'
import { categoryOf, isAmong } from './idea-categories.ts'
import { type End, readIncident } from './incident.ts'
import { labelsOf, words } from './record.ts'

const Word = Type.String({ maxLength: 200 })
const Words = Type.Array(Word, { maxItems: 1_000 })
/** Role and address stand behind it in a trigger's own. */
const Id = Type.String({ minLength: 1, maxLength: 140 })
const Ids = Type.Array(Id, { maxItems: 1_000 })
const Time = Type.String({ maxLength: 40 })
const Count = Type.Optional(Type.Number({ minimum: 0 }))
const Addresses = Type.Array(Type.String({ maxLength: 100 }), { maxItems: 10_000 })

const EndSchema = Type.Object({
  IP4: Type.Optional(Addresses),
  IP6: Type.Optional(Addresses),
  Port: Type.Optional(Type.Array(Type.Integer({ minimum: 0, maximum: 65_535 }), { maxItems: 65_536 })),
  Proto: Type.Optional(Words),
  Type: Type.Optional(Words),
  Spoofed: Type.Optional(Type.Boolean()),
  Anonymised: Type.Optional(Type.Boolean()),
})

/** IDEA0 (https://idea.cesnet.cz/en/definition): what of it is read. Anybody may add fields to a record. */
const IdeaSchema = Type.Object({
  Format: Type.Literal('IDEA0'),
  ID: Id,
  DetectTime: Time,
  Category: Type.Array(Word, { minItems: 1, maxItems: 100 }),
  CreateTime: Type.Optional(Time),
  CeaseTime: Type.Optional(Time),
  PredID: Type.Optional(Ids),
  AggrID: Type.Optional(Ids),
  CorrelID: Type.Optional(Ids),
  Confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  Description: Type.Optional(Type.String()),
  Note: Type.Optional(Type.String()),
  Ref: Type.Optional(Type.Array(Type.String(), { maxItems: 1_000 })),
  Source: Type.Optional(Type.Array(EndSchema, { maxItems: 10_000 })),
  Target: Type.Optional(Type.Array(EndSchema, { maxItems: 10_000 })),
  Node: Type.Optional(Type.Array(Type.Object({ Name: Type.Optional(Type.String()) }), { maxItems: 100 })),
  ConnCount: Count,
  FlowCount: Count,
  PacketCount: Count,
  ByteCount: Count,
})

type Idea = Static<typeof IdeaSchema>
type IdeaEnd = Static<typeof EndSchema>

/** Records of Warden and of whatever else speaks IDEA0. */
export const IDEA: TriggerFormat = { name: 'idea', schema: IdeaSchema, read: readIdea }

/** @throws InputError with the path of what is wrong */
function readIdea(input: unknown, context: FormatContext): Reading {
  const record = checked(IdeaSchema, input)
  const [sources, targets] = [readEnds('Source', record.Source), readEnds('Target', record.Target)]
  const shunned = sources.flatMap(({ end, why }) => (why === BACKSCATTER ? end.addresses : []))
  const ignored = [...sources, ...targets].flatMap(({ path, why }) =>
    why === undefined ? [] : [{ what: path, why }],
  )
  const isShunned = sharing(shunned)
  const acting = usable(sources, isShunned)
  // Who is hit by answers to somebody else's packets alone is not attacked.
  if (sources.some(({ why }) => why === BACKSCATTER) && acting.length === 0) return { triggers: [], ignored }
  const suffering = usable(targets, isShunned)
  const read = readIncident(
    {
      id: rootOf(record),
      sources: acting,
      targets: suffering,
      said: saidBy(record, acting, suffering, context),
    },
    context,
  )
  return { triggers: read.triggers, ignored: [...ignored, ...read.ignored] }
}

/** The first record of the incident, as far as this one knows: it names those that it replaces. */
function rootOf({ ID, PredID: [first = ID] = [] }: Idea): string {
  return first
}

const BACKSCATTER = 'it is backscatter: it answers packets that somebody else has sent in our name'

interface ReadEnd {
  readonly path: string
  readonly end: End
  /** Why nothing is concluded from its addresses. */
  readonly why?: string
}

function readEnds(field: 'Source' | 'Target', ends: readonly IdeaEnd[] = []): ReadEnd[] {
  return ends.map((end, index) => {
    const path = `${field}.${index}`
    const why = whyIgnored(field, end)
    return { path, end: within(path, () => readEnd(end)), ...(why === undefined ? {} : { why }) }
  })
}

function whyIgnored(
  field: 'Source' | 'Target',
  { Type: types = [], Spoofed, Anonymised }: IdeaEnd,
): string | undefined {
  if (field === 'Source' && isAmong(types, 'Backscatter')) return BACKSCATTER
  if (field === 'Source' && Spoofed === true) return 'its address is forged, the record says'
  return Anonymised === true ? 'its address is not the real one, the record says' : undefined
}

function readEnd({ IP4 = [], IP6 = [], Port = [], Proto = [] }: IdeaEnd): End {
  return {
    addresses: [...readFamily(4, IP4), ...readFamily(6, IP6)],
    // Flow records have port 0 where there is none.
    ports: Port.filter((port) => port > 0),
    protocols: Proto,
  }
}

function readFamily(family: Family, texts: readonly string[]): Prefix[] {
  return texts.flatMap((text, index) =>
    within(`IP${family}.${index}`, () => {
      const prefixes = readAddresses(text)
      if (prefixes.some((prefix) => prefixFamily(prefix) !== family))
        throw new InputError('idea-family', `'${text}' is not IPv${family}`)
      return prefixes
    }),
  )
}

/** Ends without those that are ignored, and without every address that backscatter comes from. */
function usable(ends: readonly ReadEnd[], isShunned: (address: Prefix) => boolean): End[] {
  return ends.flatMap(({ end, why }) => {
    if (why !== undefined) return []
    const addresses = end.addresses.filter((address) => !isShunned(address))
    return addresses.length === 0 && end.addresses.length > 0 ? [] : [{ ...end, addresses }]
  })
}

function saidBy(record: Idea, sources: readonly End[], targets: readonly End[], { now }: FormatContext) {
  const { Category: names, PredID = [], AggrID = [], CorrelID = [], Confidence, CeaseTime, Ref = [] } = record
  const ceased = CeaseTime === undefined ? undefined : readTimeAt('CeaseTime', CeaseTime)
  const over = ceased !== undefined && ceased <= now
  const category = categoryOf(names, sources, [...sources, ...targets])
  const summary = words(record.Description ?? record.Note ?? '')
  const reference = words(Ref[0] ?? '')
  return {
    revision: revisionOf(record, over ? ceased : 0),
    kind: kindOf(PredID.length > 0, over, category),
    category,
    detectedAt: record.DetectTime,
    ...(CeaseTime === undefined || !over ? {} : { ceasedAt: CeaseTime }),
    ...(Confidence === undefined ? {} : { confidence: Confidence }),
    attack: AggrID[0] ?? CorrelID[0] ?? rootOf(record),
    ...(reference === '' ? {} : { reference }),
    ...(summary === '' ? {} : { summary }),
    simulated: isAmong(names, 'Test'),
    labels: labelsOf({
      node: (record.Node ?? []).flatMap(({ Name }) => Name ?? []).join(', '),
      category: names.join(', '),
      types: [...(record.Source ?? []), ...(record.Target ?? [])]
        .flatMap(({ Type: types = [] }) => types)
        .join(', '),
      protocols: [...new Set([...sources, ...targets].flatMap(({ protocols }) => protocols))].join(', '),
      connections: record.ConnCount,
      flows: record.FlowCount,
      packets: record.PacketCount,
      bytes: record.ByteCount,
    }),
  }
}

/**
 * Many detectors tell of a scan when it has ended, in the first and only record of it: what its offender deserves is then
 * to be decided all the same. A flood that is over needs nothing.
 */
function kindOf(replaces: boolean, over: boolean, category: Category): TriggerKind {
  if (over) return replaces || category.startsWith('dos.') ? 'close' : 'open'
  return replaces ? 'update' : 'open'
}

/** Whatever is said later of an incident has a later time somewhere. */
function revisionOf({ DetectTime, CreateTime }: Idea, ceased: number): number {
  const created = CreateTime === undefined ? 0 : readTimeAt('CreateTime', CreateTime)
  return Math.max(0, ceased, created, readTimeAt('DetectTime', DetectTime))
}

function readTimeAt(field: string, text: string): number {
  return within(field, () => readTime(text))
}
