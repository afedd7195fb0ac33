import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { Value } from 'typebox/value'
import { holds } from '../../test/helpers/property.ts'
import { InputError } from '../domain/input-error.ts'
import { parsePrefix, prefixContains } from '../domain/prefix.ts'
import { readTrigger, type TriggerInput } from '../domain/trigger.ts'
import { FASTNETMON } from './fastnetmon.ts'
import { BAN_REPORT, DETAILS_REPORT, OUTGOING_REPORT } from './testing/fastnetmon-reports.ts'
import { TRIGGER } from './trigger-schema.ts'

const OWN = ['192.0.2.0/24', '2001:db8::/32'].map(parsePrefix)
const CONTEXT = {
  now: Date.parse('2026-11-22T22:00:00Z'),
  isOwn: (prefix: string) => OWN.some((own) => prefixContains(own, parsePrefix(prefix))),
}
const AT = '2026-11-22T22:17:24.896Z'

function call(changes: Readonly<Record<string, unknown>> = {}) {
  const base = {
    ip: '192.0.2.7',
    direction: 'incoming',
    pps: 1252,
    action: 'ban',
    report: '',
    at: AT,
    run: '7-42',
  }
  return { ...base, ...changes }
}

const UUID = '041eb504-2b33-4ff7-a6b7-8235408d5062'
function advanced(changes: object = {}, details: object = {}) {
  return {
    ip: '192.0.2.7',
    action: 'ban',
    alert_scope: 'host',
    attack_details: {
      attack_uuid: UUID,
      attack_severity: 'middle',
      attack_direction: 'incoming',
      attack_protocol: 'tcp',
      attack_detection_source: 'automatic',
      total_incoming_pps: 282_472,
      total_incoming_traffic: 15_253_500,
      total_outgoing_pps: 3,
      total_outgoing_traffic: 5,
      incoming_tcp_pps: 282_472,
      ...details,
    },
    ...changes,
  }
}

/** The only trigger of a record; the rest of Cordon can read it. */
function only(record: unknown): TriggerInput {
  const { triggers, ignored } = FASTNETMON.read(record, CONTEXT)
  assert.deepEqual(ignored, [])
  assert.equal(triggers.length, 1)
  const [trigger] = triggers
  assert.ok(trigger !== undefined)
  readable(trigger)
  return trigger
}

function readable(trigger: TriggerInput): void {
  assert.ok(Value.Check(TRIGGER, trigger), JSON.stringify([...Value.Errors(TRIGGER, trigger)]))
  readTrigger(trigger)
}

function whyIgnored(record: unknown): string {
  const { triggers, ignored } = FASTNETMON.read(record, CONTEXT)
  assert.deepEqual(triggers, [])
  return ignored.map(({ what, why }) => `${what}: ${why}`).join('\n')
}

describe('FastNetMon, the calls of the community edition', () => {
  it('a ban opens an incident of a victim, with what its report tells', () => {
    assert.deepEqual(only(call({ report: BAN_REPORT })), {
      id: 'fastnetmon/192.0.2.7/incoming',
      revision: Date.parse(AT),
      kind: 'open',
      target: '192.0.2.7',
      role: 'victim',
      category: 'dos.amplification',
      match: { protocol: 'udp', sourcePort: '53' },
      peers: ['198.51.100.2', '198.51.100.1', '198.51.100.3'],
      packetsPerSecond: 1252,
      bitsPerSecond: 4_000_000,
      detectedAt: AT,
      evidence: 'spoofable',
      summary: 'FastNetMon: incoming udp attack, 1252 packets/s, 4 Mbit/s',
      labels: { attackType: 'udp_flood', run: '7-42', sourcePort: '53', destinationPort: '40000' },
    })
  })

  it('the details that follow say more about the same incident', () => {
    const details = only(call({ action: 'attack_details', report: DETAILS_REPORT, revision: 1e12 }))
    assert.deepEqual(
      [details.id, details.kind, details.revision],
      ['fastnetmon/192.0.2.7/incoming', 'update', 1e12],
    )
    assert.deepEqual(details.match, { protocol: 'udp', sourcePort: '53' })
    assert.deepEqual(details.peers?.toSorted(), ['198.51.100.1', '198.51.100.2', '198.51.100.3'])
  })

  it('an unban closes what its ban opened, with nothing remembered between', () => {
    const closing = only(call({ action: 'unban', at: '2026-11-22T22:17:31Z' }))
    assert.equal(closing.id, only(call()).id)
    assert.ok(closing.revision > only(call()).revision)
    assert.deepEqual([closing.kind, closing.ceasedAt], ['close', '2026-11-22T22:17:31.000Z'])
  })

  it('an unban closes also what is not in own space any more', () => {
    const gone = only(call({ ip: '203.0.113.9', action: 'unban' }))
    assert.deepEqual([gone.kind, gone.target], ['close', '203.0.113.9'])
  })

  it('a host of ours that sends an attack is the offender, and its address is no proof', () => {
    const outgoing = only(call({ direction: 'outgoing', report: OUTGOING_REPORT }))
    assert.deepEqual(
      [outgoing.id, outgoing.role, outgoing.evidence],
      ['fastnetmon/192.0.2.7/outgoing', 'offender', 'spoofable'],
    )
    assert.deepEqual(
      [outgoing.category, outgoing.match],
      ['dos.amplification', { protocol: 'udp', sourcePort: '123' }],
    )
    assert.deepEqual(outgoing.peers, ['198.51.100.1'])
  })

  it('one address that attacks and is attacked is two incidents', () => {
    assert.notEqual(only(call()).id, only(call({ direction: 'outgoing' })).id)
  })

  it('without a report it is an attack all the same', () => {
    const bare = only(call())
    assert.deepEqual([bare.category, bare.match, bare.packetsPerSecond], ['dos.volumetric', undefined, 1252])
  })

  it('several amplifiers are told together, and one answer among other traffic is none', () => {
    const flows = (...lines: string[]) => `Attack protocol: udp\n\nUDP flows: 9\n${lines.join('\n')}\n`
    const flow = (port: number, packets: number) =>
      `192.0.2.7:9 < 198.51.100.1:${port} 100 bytes ${packets} packets`
    const mixed = only(call({ report: flows(flow(123, 50), flow(53, 40), flow(0, 99), flow(4000, 5)) }))
    assert.deepEqual(mixed.match, { protocol: 'udp', sourcePort: '53,123' })
    const plain = only(call({ report: flows(flow(53, 10), flow(4000, 90)) }))
    assert.deepEqual([plain.category, plain.match], ['dos.volumetric', { protocol: 'udp' }])
  })

  it('TCP from the port of an amplifier is no amplification', () => {
    const report = 'Attack protocol: tcp\nTCP flows: 1\n192.0.2.7:9 < 198.51.100.1:53 100 bytes 7 packets\n'
    const trigger = only(call({ report }))
    assert.deepEqual([trigger.category, trigger.match], ['dos.volumetric', { protocol: 'tcp' }])
  })

  it('ICMP to an IPv6 address is ICMPv6', () => {
    assert.deepEqual(only(call({ ip: '2001:db8::7', report: 'Attack protocol: icmp\n' })).match, {
      protocol: 'icmpv6',
    })
  })

  it('an address is named alike however it is written', () => {
    assert.equal(only(call({ ip: '2001:DB8:0::7' })).id, 'fastnetmon/2001:db8::7/incoming')
  })
})

describe('FastNetMon, the JSON of the Advanced edition', () => {
  it('a ban is named by its uuid; traffic is in bytes', () => {
    const trigger = only(advanced())
    assert.deepEqual([trigger.id, trigger.revision, trigger.kind], [UUID, CONTEXT.now, 'open'])
    assert.deepEqual([trigger.packetsPerSecond, trigger.bitsPerSecond], [282_472, 122_028_000])
    assert.deepEqual(trigger.match, { protocol: 'tcp' })
    assert.deepEqual(trigger.labels, { action: 'ban', severity: 'middle', detection: 'automatic' })
  })

  it('an unban closes by the uuid', () => {
    const closing = only(advanced({ action: 'unban' }))
    assert.deepEqual([closing.id, closing.kind], [UUID, 'close'])
  })

  it('a partial block opens, and policies see which it was', () => {
    const partial = only(advanced({ action: 'partial_block' }))
    assert.deepEqual([partial.kind, partial.labels?.['action']], ['open', 'partial_block'])
  })

  it('the newer field of the direction counts', () => {
    assert.equal(only(advanced({}, { attack_detection_threshold_direction: 'outgoing' })).role, 'offender')
  })

  it('packets are read from either dump', () => {
    const packet = {
      source_ip: '198.51.100.1',
      destination_ip: '192.0.2.7',
      source_port: 11_211,
      protocol: 'udp',
    }
    assert.deepEqual(only(advanced({ packet_dump_detailed: [packet] })).match, {
      protocol: 'udp',
      sourcePort: '11211',
    })
    const line =
      '2026-11-22 22:17:25.618963 198.51.100.1:389 > 192.0.2.7:40000 protocol: udp frag: 0  packets: 1 size: 442 bytes'
    assert.deepEqual(only(advanced({ packet_dump: [line] })).match, { protocol: 'udp', sourcePort: '389' })
  })

  it('is read from the report of a call, with the time of the call', () => {
    const wrapped = only(
      call({ direction: '', report: JSON.stringify(advanced()), revision: 1_795_385_844_897 }),
    )
    assert.deepEqual([wrapped.id, wrapped.detectedAt, wrapped.revision], [UUID, AT, 1_795_385_844_897])
  })
})

describe('FastNetMon, what is not acted on', () => {
  const cases: [string, unknown, RegExp][] = [
    ['a victim that is not ours', call({ ip: '203.0.113.9' }), /ban of 203.0.113.9: .*own space/],
    [
      'a group of hosts',
      { action: 'ban', alert_scope: 'hostgroup', hostgroup_name: 'all' },
      /group of hosts/,
    ],
    ['a direction without ends', call({ direction: 'other' }), /neither victim nor offender/],
    ['an unknown action', advanced({ action: 'status' }), /'status'/],
  ]
  for (const [name, record, why] of cases) it(name, () => assert.match(whyIgnored(record), why))

  const wrong: [string, unknown, string][] = [
    ['a prefix in place of a host', call({ ip: '0.0.0.0/0' }), 'ip'],
    ['no host at all', call({ ip: '0.0.0.0', direction: 'outgoing' }), 'ip'],
    ['no address', call({ ip: 'any' }), 'ip'],
    ['no time', call({ at: 'today' }), 'at'],
    ['an unknown field of ours', call({ extra: 1 }), ''],
    ['a negative rate', call({ pps: -1 }), 'pps'],
    ['JSON that was cut', call({ direction: '', report: '{"ip":"192.0' }), 'report'],
    ['a wrong field in a report', call({ direction: '', report: '{"action":1}' }), 'report.action'],
    ['no record', [], ''],
  ]
  for (const [name, record, path] of wrong)
    it(`is refused: ${name}`, () =>
      assert.throws(
        () => FASTNETMON.read(record, CONTEXT),
        (error) => error instanceof InputError && error.path === path,
      ))
})

describe('FastNetMon, whatever it writes', () => {
  const line = fc.oneof(
    fc.string({ maxLength: 60, unit: 'binary' }),
    fc.constantFrom(...BAN_REPORT.split('\n'), ...DETAILS_REPORT.split('\n'), ...OUTGOING_REPORT.split('\n')),
    fc
      .tuple(fc.ipV6(), fc.nat(99_999), fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(99_999))
      .map(([a, p, b, q]) => `${a}:${p} > ${b}:${q} protocol: udp frag: 0  packets: 3 size: 9 bytes`),
  )

  it('a call with any report is a trigger that can be read, or an error in words', () =>
    holds(
      fc.property(
        fc.array(line, { maxLength: 30 }),
        fc.constantFrom('ban', 'attack_details', 'unban'),
        fc.constantFrom('incoming', 'outgoing'),
        fc.constantFrom('192.0.2.7', '2001:db8::7'),
        (lines, action, direction, ip) =>
          readable(only(call({ ip, action, direction, report: lines.join('\n') }))),
      ),
      300,
    ))

  it('any JSON is read, ignored or refused with an InputError', () =>
    holds(
      fc.property(
        fc.oneof(
          fc.jsonValue(),
          fc.object().map((object) => advanced(object, object)),
        ),
        (record) => {
          try {
            for (const trigger of FASTNETMON.read(record, CONTEXT).triggers) readable(trigger)
          } catch (error) {
            if (!(error instanceof InputError)) throw error
          }
        },
      ),
      300,
    ))
})
