import { InputError, within } from '../domain/input-error.ts'
import { type Prefix, parsePrefix } from '../domain/prefix.ts'
import { readTime } from '../domain/trigger.ts'
import { checked } from './checked.ts'
import type { FormatContext, Reading, TriggerFormat } from './format.ts'
import { readIncident } from './incident.ts'
import { labelsOf, words } from './record.ts'
import { asVersion4, type Report, XARF_VERSIONS, XarfSchema } from './xarf-form.ts'

/** Third parties' reports of abuse, in X-ARF 4 and 3. What they say is for people: the category is always `report`. */
export const XARF: TriggerFormat = { name: 'xarf', schema: XarfSchema, read: readXarf }

/** @throws InputError with the path of what is wrong */
function readXarf(input: unknown, context: FormatContext): Reading {
  const report = reportOf(input)
  const source = addressOf(report.source_identifier)
  if (source === undefined) return ignored(report, 'it reports no address')
  if (!context.isOwn(source)) return ignored(report, 'the source that it reports is not ours')
  const destinations = destinationsOf(report)
  const { protocol, source_port: port, destination_port: to, ports_scanned: scanned = [] } = report
  const protocols = protocol === undefined ? [] : [protocol]
  const ports = [...(to === undefined ? [] : [to]), ...scanned].filter((one) => one > 0)
  const addresses = destinations.flatMap((text) => addressOf(text) ?? [])
  const { triggers } = readIncident(
    {
      id: report.report_id,
      sources: [{ addresses: [source], ports: port === undefined || port === 0 ? [] : [port], protocols }],
      targets: [{ addresses, ports, protocols }],
      said: saidBy(report, source, destinations),
    },
    // A report accuses its source, and nobody else of ours.
    { ...context, isOwn: (prefix) => prefix === source },
  )
  return { triggers: triggers.filter(({ role }) => role === 'offender'), ignored: [] }
}

function reportOf(input: unknown): Report {
  if (typeof input === 'object' && input !== null) {
    if ('xarf_version' in input) return checked(XARF_VERSIONS[4], input)
    if ('Version' in input) return asVersion4(checked(XARF_VERSIONS[3], input))
  }
  throw new InputError('xarf-version', 'this is no X-ARF report: it has neither xarf_version 4 nor Version 3')
}

function ignored({ source_identifier: source }: Report, why: string): Reading {
  return { triggers: [], ignored: [{ what: words(source, 100), why }] }
}

/** Nothing for names and mail addresses, which reports may be about as well. */
function addressOf(text: string): Prefix | undefined {
  try {
    return parsePrefix(text.trim())
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

function destinationsOf({ destination_ip: destinations = [] }: Report): readonly string[] {
  return typeof destinations === 'string' ? [destinations] : destinations
}

function saidBy(report: Report, source: Prefix, destinations: readonly string[]) {
  const { timestamp, reporter, type, category, description, confidence } = report
  const org = reporter.org ?? reporter.domain ?? reporter.contact ?? 'somebody'
  const about = description === undefined ? '' : `: ${description}`
  return {
    kind: 'open',
    category: 'report',
    evidence: 'spoofable',
    revision: Math.max(
      0,
      within('timestamp', () => readTime(timestamp)),
    ),
    detectedAt: timestamp,
    summary: words(`${org} reports ${type} (${category}) from ${source}${about}`),
    ...(confidence === undefined ? {} : { confidence }),
    ...(report.peak_pps === undefined ? {} : { packetsPerSecond: report.peak_pps }),
    ...(report.peak_bps === undefined ? {} : { bitsPerSecond: report.peak_bps }),
    labels: labelsOf(factsOf(report, destinations)),
  } as const
}

/** What a person wants to see of a report before anything is done. */
function factsOf(
  report: Report,
  destinations: readonly string[],
): Record<string, string | number | undefined> {
  const { reporter, sender, first_seen: first, last_seen: last } = report
  const sample = sampleOf(report)
  return {
    reporter: reporter.org,
    contact: reporter.contact,
    sender: sender?.org === reporter.org ? undefined : sender?.org,
    class: report.category,
    type: report.type,
    evidence: report.evidence_source,
    destinations: destinations.join(', '),
    destinationPort: report.destination_port,
    sourcePort: report.source_port,
    protocol: report.protocol,
    firstSeen: first === undefined ? undefined : timeAt('first_seen', first),
    lastSeen: last === undefined ? undefined : timeAt('last_seen', last),
    events: report.attempt_count ?? report.attempts_count ?? report.event_count,
    packets: report.total_packets ?? report.packets_sent,
    bytes: report.total_bytes,
    ...sample,
  }
}

/** A time as it was written, with its zone. */
function timeAt(field: string, text: string): string {
  within(field, () => readTime(text))
  return text
}

/** The beginning of the first piece of evidence that is text, or what the first one is said to be. */
function sampleOf({ evidence = [] }: Report): { readonly sample?: string; readonly sampleOf?: string } {
  const text = evidence.find(({ content_type: type = 'text/plain' }) => /^(text|message)\//i.test(type))
  const said = (text ?? evidence[0])?.description
  const of = said === undefined ? {} : { sampleOf: said }
  // Base64 of more than is shown is not decoded; whole groups of four make whole bytes.
  const start = text?.payload?.slice(0, 4_096)
  return start === undefined ? of : { ...of, sample: Buffer.from(start, 'base64').toString('utf8') }
}
