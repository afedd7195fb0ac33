import { type Static, Type } from 'typebox'
import { checked } from './checked.ts'
import type { Conversation } from './conversations.ts'
import { readPacket, readProtocol } from './fastnetmon-report.ts'
import type { Said } from './fastnetmon-said.ts'

const word = Type.Optional(Type.String({ maxLength: 200 }))
const count = Type.Optional(Type.Number({ minimum: 0 }))

const packetSchema = Type.Object({
  source_ip: Type.String({ maxLength: 45 }),
  destination_ip: Type.String({ maxLength: 45 }),
  source_port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
  destination_port: Type.Optional(Type.Integer({ minimum: 0, maximum: 65_535 })),
  protocol: word,
  packets: count,
})

const detailsSchema = Type.Object({
  attack_uuid: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })),
  attack_severity: word,
  attack_type: word,
  attack_direction: word,
  attack_detection_threshold_direction: word,
  attack_protocol: word,
  attack_detection_source: word,
  host_group: word,
  total_incoming_pps: count,
  total_outgoing_pps: count,
  total_incoming_traffic: Type.Optional(Type.Number({ minimum: 0, description: 'bytes/s' })),
  total_outgoing_traffic: Type.Optional(Type.Number({ minimum: 0, description: 'bytes/s' })),
})

/** The Advanced edition's JSON. It grows with each version: fields that are not named here are let pass. */
export const advancedSchema = Type.Object({
  action: Type.String({ maxLength: 40, description: 'ban, partial_block or unban' }),
  ip: Type.Optional(Type.String({ maxLength: 45, description: 'an address; hosts have one' })),
  alert_scope: word,
  attack_details: Type.Optional(detailsSchema),
  packet_dump: Type.Optional(Type.Array(Type.String(), { maxItems: 10_000 })),
  packet_dump_detailed: Type.Optional(Type.Array(packetSchema, { maxItems: 10_000 })),
})

/**
 * Reads it; `undefined` for an alert about a group of hosts. It has no time of its own: when it was taken in is its time.
 * @throws InputError
 */
export function readAdvanced(
  record: unknown,
  { at, revision }: Pick<Said, 'at' | 'revision'>,
): Said | undefined {
  const {
    action,
    ip,
    alert_scope: scope = 'host',
    attack_details: details = {},
    ...dumps
  } = checked(advancedSchema, record)
  if (ip === undefined || scope !== 'host') return undefined
  const direction = directionIn(details)
  const protocol = readProtocol(details.attack_protocol)
  const id = details.attack_uuid
  return {
    ...(id === undefined ? {} : { id }),
    ...{ revision, at, action, ip, direction },
    ...(protocol === undefined ? {} : { protocol }),
    ...ratesIn(details, direction),
    conversations: conversationsIn(dumps),
    labels: labelsIn(action, details),
  }
}

type Details = Static<typeof detailsSchema>

/** The newer field first; the older one is deprecated and may be missing some day. */
function directionIn(details: Details): string {
  return details.attack_detection_threshold_direction ?? details.attack_direction ?? 'unknown'
}

/** Its traffic is in bytes. */
function ratesIn(details: Details, direction: string): Pick<Said, 'packetsPerSecond' | 'bitsPerSecond'> {
  const [packets, bytes] =
    direction === 'incoming'
      ? [details.total_incoming_pps, details.total_incoming_traffic]
      : [details.total_outgoing_pps, details.total_outgoing_traffic]
  return {
    ...(packets === undefined ? {} : { packetsPerSecond: packets }),
    ...(bytes === undefined ? {} : { bitsPerSecond: bytes * 8 }),
  }
}

function conversationsIn(
  dumps: Pick<Static<typeof advancedSchema>, 'packet_dump' | 'packet_dump_detailed'>,
): Conversation[] {
  const { packet_dump: lines = [], packet_dump_detailed: packets } = dumps
  if (packets === undefined) return lines.map(readPacket).filter((one) => one !== undefined)
  return packets.flatMap(({ protocol, packets: many = 1, ...packet }) => {
    const known = readProtocol(protocol)
    if (known === undefined) return []
    return [
      {
        protocol: known,
        ...{ from: packet.source_ip, fromPort: packet.source_port ?? 0 },
        ...{ to: packet.destination_ip, toPort: packet.destination_port ?? 0 },
        packets: many,
      },
    ]
  })
}

function labelsIn(action: string, details: Details): Record<string, string> {
  const labels = {
    action,
    severity: details.attack_severity,
    attackType: details.attack_type,
    detection: details.attack_detection_source,
    hostGroup: details.host_group,
  }
  return Object.fromEntries(
    Object.entries(labels).filter((label): label is [string, string] => label[1] !== undefined),
  )
}
