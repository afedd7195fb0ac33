import { type Static, Type } from 'typebox'
import { checked } from './checked.ts'

const Words = Type.String({ maxLength: 2_000 })
const Time = Type.String({ maxLength: 40 })
const Port = Type.Integer({ minimum: 0, maximum: 65_535 })
const Count = Type.Optional(Type.Number({ minimum: 0 }))
const optionalWords = Type.Optional(Words)

const Contact = Type.Object({ org: optionalWords, contact: optionalWords, domain: optionalWords })

/** What of X-ARF 4 is read (https://xarf.org); anything else may stand beside it. */
const Version4 = Type.Object({
  xarf_version: Type.String({ pattern: '^4[.]\\d+([.]\\d+)?$' }),
  report_id: Type.String({ minLength: 1, maxLength: 140 }),
  timestamp: Time,
  reporter: Contact,
  sender: Type.Optional(Contact),
  source_identifier: Type.String({ minLength: 1, maxLength: 500 }),
  source_port: Type.Optional(Port),
  category: Words,
  type: Words,
  evidence_source: optionalWords,
  description: optionalWords,
  confidence: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
  destination_ip: Type.Optional(Type.Union([Words, Type.Array(Words, { maxItems: 1_000 })])),
  destination_port: Type.Optional(Port),
  ports_scanned: Type.Optional(Type.Array(Port, { maxItems: 65_536 })),
  protocol: optionalWords,
  first_seen: Type.Optional(Time),
  last_seen: Type.Optional(Time),
  attempt_count: Count,
  attempts_count: Count,
  event_count: Count,
  total_packets: Count,
  packets_sent: Count,
  total_bytes: Count,
  peak_pps: Count,
  peak_bps: Count,
  evidence: Type.Optional(
    Type.Array(
      Type.Object({
        content_type: optionalWords,
        description: optionalWords,
        payload: Type.Optional(Type.String()),
      }),
      { maxItems: 100 },
    ),
  ),
})

const Version3 = Type.Object({
  Version: Type.String({ pattern: '^3([.]\\d+)*$' }),
  ReporterInfo: Type.Object({
    ReporterOrg: optionalWords,
    ReporterOrgDomain: optionalWords,
    ReporterOrgEmail: optionalWords,
    ReporterContactEmail: optionalWords,
  }),
  Report: Type.Object({
    ReportClass: optionalWords,
    ReportType: Words,
    ReportID: Type.Optional(Type.String({ minLength: 1, maxLength: 140 })),
    Date: Time,
    Source: Type.Object({ IP: Type.String({ minLength: 1, maxLength: 500 }), Port: Type.Optional(Port) }),
    Attachment: Type.Optional(
      Type.Array(
        Type.Object({
          ContentType: optionalWords,
          Description: optionalWords,
          Data: Type.Optional(Type.String()),
        }),
        { maxItems: 100 },
      ),
    ),
    AdditionalInfo: Type.Optional(
      Type.Object({
        Protocol: optionalWords,
        DestinationIP: optionalWords,
        DestinationPort: Type.Optional(Port),
        FirstSeen: Type.Optional(Time),
        LastSeen: Type.Optional(Time),
        AttackCount: Count,
        PacketCount: Count,
        ByteCount: Count,
      }),
    ),
  }),
})

export const XarfSchema = Type.Union([Version4, Version3])
export const XARF_VERSIONS = { 4: Version4, 3: Version3 } as const

export type Report = Static<typeof Version4>
type Report3 = Static<typeof Version3>

/** The same report in the words of version 4. */
export function asVersion4({ ReporterInfo: by, Report: report }: Report3): Report {
  const {
    Source,
    Date: date,
    ReportType,
    ReportClass = '',
    Attachment = [],
    AdditionalInfo: more = {},
  } = report
  // Version 3 has no name for a report; whoever reports the same again names these again.
  const name = [by.ReporterOrgDomain ?? by.ReporterOrg, ReportType, Source.IP, date].join(' ')
  return checked(Version4, {
    xarf_version: '4.0.0',
    report_id: report.ReportID ?? name,
    timestamp: date,
    reporter: known({
      org: by.ReporterOrg,
      contact: by.ReporterContactEmail ?? by.ReporterOrgEmail,
      domain: by.ReporterOrgDomain,
    }),
    source_identifier: Source.IP,
    category: ReportClass,
    type: ReportType,
    ...known({
      source_port: Source.Port,
      destination_ip: more.DestinationIP,
      destination_port: more.DestinationPort,
      protocol: more.Protocol,
      first_seen: more.FirstSeen,
      last_seen: more.LastSeen,
      attempt_count: more.AttackCount,
      total_packets: more.PacketCount,
      total_bytes: more.ByteCount,
    }),
    evidence: Attachment.map(({ ContentType, Description, Data }) =>
      known({ content_type: ContentType, description: Description, payload: Data }),
    ),
  })
}

/** Without what is not there. */
function known(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}
