import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'

const number = Type.Number()

const SenderReport = Type.Object({ sent: Type.Array(Type.Tuple([number, number, number, number])) })

const ReceiverReport = Type.Object({
  watermark: number,
  runs: Type.Array(
    Type.Object({
      flow: number,
      ...{ firstSeq: number, lastSeq: number, firstSent: number, firstAt: number },
      ...{ lastSent: number, lastAt: number, silenceMs: number },
    }),
  ),
  late: Type.Array(Type.Tuple([number, number])),
  drops: number,
})

const Ready = Type.Object({ ready: Type.Literal(true) })

export type SenderReport = Static<typeof SenderReport>
export type ReceiverReport = Static<typeof ReceiverReport>
export type Report = SenderReport | ReceiverReport | Static<typeof Ready>

const isReport = new Ajv().compile<Report>(Type.Union([SenderReport, ReceiverReport, Ready]))

/** @throws when a line is none of the probe's reports */
export function parseReport(line: string): Report {
  const value: unknown = JSON.parse(line)
  if (isReport(value)) return value
  throw new Error(`not a report of the probe: ${line.slice(0, 200)}`)
}
