import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { readMapping } from '../../src/config/read-mapping.ts'
import { CATEGORIES } from '../../src/domain/category.ts'
import { InputError } from '../../src/domain/input-error.ts'
import { type Prefix, parsePrefix, prefixContains, prefixesOverlap } from '../../src/domain/prefix.ts'
import { readTrigger } from '../../src/domain/trigger.ts'
import { readAddresses } from '../../src/triggers/addresses.ts'
import { checked } from '../../src/triggers/checked.ts'
import type { Reading, TriggerFormat } from '../../src/triggers/format.ts'
import { IDEA } from '../../src/triggers/idea.ts'
import { asTriggerInput, TRIGGER } from '../../src/triggers/trigger-schema.ts'
import { XARF } from '../../src/triggers/xarf.ts'
import { holds } from '../helpers/property.ts'

const RUNS = 500
const OWN = ['192.0.2.0/24', '2001:db8:1::/48'].map(parsePrefix)
const context = {
  now: Date.parse('2026-11-20T10:00:00Z'),
  isOwn: (prefix: Prefix) => OWN.some((own) => prefixContains(own, prefix)),
}

/** The reading, or nothing where the record cannot be used; any other error fails the test. */
function readingOf(format: TriggerFormat, record: unknown): Reading | undefined {
  try {
    const reading = format.read(record, context)
    for (const trigger of reading.triggers) {
      readTrigger(asTriggerInput(checked(TRIGGER, trigger)))
      assert.ok(CATEGORIES.includes(trigger.category))
      assert.ok(Number.isSafeInteger(trigger.revision))
    }
    return reading
  } catch (error) {
    assert.ok(error instanceof InputError, String(error))
    return undefined
  }
}

/** Few addresses, so that they meet: ours, others', and prefixes over them. */
const ip4 = fc.constantFrom(
  ...['192.0.2.1', '192.0.2.2', '192.0.2.0/30', '198.51.100.1', '198.51.100.2', '198.51.100.0/29'],
  ...['198.51.100.1-198.51.100.6', '192.0.2.1-192.0.2.2', '0.0.0.0/0'],
)
const ip6 = fc.constantFrom(
  '2001:db8:1::1',
  '2001:db8:1::/64',
  '2001:db8:2::7',
  '2001:db8:2::1-2001:db8:2::7',
)
const end = fc.record(
  {
    IP4: fc.array(ip4, { maxLength: 4 }),
    IP6: fc.array(ip6, { maxLength: 2 }),
    Port: fc.array(fc.integer({ min: 0, max: 65_535 }), { maxLength: 3 }),
    Proto: fc.array(fc.constantFrom('tcp', 'UDP', 'icmp', 'ssh', 'ipv6-icmp', 'dns'), { maxLength: 3 }),
    Type: fc.array(fc.constantFrom('Backscatter', 'backscatter.x', 'Botnet', 'CC'), { maxLength: 2 }),
    Spoofed: fc.boolean(),
    Anonymised: fc.boolean(),
  },
  { requiredKeys: [] },
)
const time = fc
  .integer({ min: Date.parse('2026-11-20T09:00:00Z'), max: Date.parse('2026-11-20T11:00:00Z') })
  .map((ms) => new Date(ms).toISOString())
const idea = fc.record(
  {
    Format: fc.constant('IDEA0'),
    ID: fc.string({ minLength: 1, maxLength: 140 }),
    DetectTime: time,
    Category: fc.array(
      fc.constantFrom(
        'Test',
        'test.x',
        'Availability.DDoS',
        'Recon.Scanning',
        'Malware',
        '',
        'Intrusion.Botnet',
      ),
      { minLength: 1, maxLength: 3 },
    ),
    CreateTime: time,
    CeaseTime: time,
    PredID: fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 2 }),
    AggrID: fc.array(fc.string({ minLength: 1, maxLength: 5 }), { maxLength: 2 }),
    Confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    Description: fc.string({ unit: 'binary', maxLength: 600 }),
    Source: fc.array(end, { maxLength: 3 }),
    Target: fc.array(end, { maxLength: 3 }),
  },
  { requiredKeys: ['Format', 'ID', 'DetectTime', 'Category'] },
)

/** The record with one of its fields, at any depth, replaced by something else. */
function broken(record: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc.tuple(record, fc.nat(), fc.anything()).map(([whole, pick, other]) => {
    const places: [Record<string, unknown>, string][] = []
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return
      for (const [key, inner] of Object.entries(value)) {
        places.push([value as Record<string, unknown>, key])
        walk(inner)
      }
    }
    const copy: unknown = structuredClone(whole)
    walk(copy)
    const [object, key] = places[pick % Math.max(1, places.length)] ?? []
    if (object !== undefined && key !== undefined) object[key] = other
    return copy
  })
}

const among = (names: readonly string[] = [], name: string) =>
  names.some((one) => one.toLowerCase().split('.')[0] === name)

describe('any IDEA0 record', () => {
  it('gives triggers that can be used, none of a Test that acts, and none of backscatter', async () => {
    let used = 0
    await holds(
      fc.property(idea, (record) => {
        const reading = readingOf(IDEA, record)
        assert.ok(reading !== undefined, 'what has the form is read')
        const { Source = [], Category } = record
        const scattered = Source.filter(({ Type }) => among(Type, 'backscatter'))
        const shunned = scattered.flatMap(({ IP4 = [], IP6 = [] }) => [...IP4, ...IP6].flatMap(readAddresses))
        used += reading.triggers.length
        for (const { target, peers = [], simulated } of reading.triggers) {
          if (among(Category, 'test')) assert.equal(simulated, true)
          for (const address of [target, ...peers].map(parsePrefix))
            assert.ok(!shunned.some((one) => prefixesOverlap(one, address)), `${address} is backscatter`)
        }
        if (scattered.length > 0 && scattered.length === Source.length) assert.deepEqual(reading.triggers, [])
        const ids = reading.triggers.map(({ id }) => id)
        assert.equal(new Set(ids).size, ids.length, 'an incident of its own for each')
      }),
      RUNS,
    )
    assert.ok(used > 50, 'the records say something')
  })

  it('that is damaged is refused by nothing but an input error', async () => {
    await holds(
      fc.property(fc.oneof(broken(idea), fc.anything()), (record) => void readingOf(IDEA, record)),
      RUNS * 2,
    )
  })
})

const report = fc.record(
  {
    xarf_version: fc.constantFrom('4.0.0', '4.2.0'),
    report_id: fc.string({ minLength: 1, maxLength: 20 }),
    timestamp: time,
    reporter: fc.record({ org: fc.string({ unit: 'binary' }) }),
    source_identifier: fc.constantFrom(
      '192.0.2.1',
      '192.0.2.0/30',
      '2001:db8:1::1',
      '198.51.100.9',
      'x.example',
    ),
    source_port: fc.integer({ min: 0, max: 65_535 }),
    category: fc.constantFrom('connection', 'messaging'),
    type: fc.string(),
    destination_ip: fc.oneof(ip4, fc.array(ip6), fc.string()),
    destination_port: fc.integer({ min: 0, max: 65_535 }),
    protocol: fc.constantFrom('tcp', 'icmp', 'ssh'),
    evidence: fc.array(
      fc.record({ content_type: fc.constant('text/plain'), payload: fc.string({ unit: 'binary' }) }),
    ),
  },
  {
    requiredKeys: [
      'xarf_version',
      'report_id',
      'timestamp',
      'reporter',
      'source_identifier',
      'category',
      'type',
    ],
  },
)

describe('any X-ARF report', () => {
  it('is a report on spoofable evidence about an own source, or nothing', async () => {
    let used = 0
    await holds(
      fc.property(fc.oneof(report, broken(report)), (record) => {
        for (const { category, evidence, role, target } of readingOf(XARF, record)?.triggers ?? []) {
          assert.deepEqual([category, evidence, role], ['report', 'spoofable', 'offender'])
          assert.ok(context.isOwn(parsePrefix(target)))
          used += 1
        }
      }),
      RUNS,
    )
    assert.ok(used > 50, 'the reports say something')
  })
})

describe('any record under the shipped mappings', () => {
  for (const [name, some] of [
    [
      'suricata-eve',
      {
        event_type: 'alert',
        timestamp: '2026-11-20T10:59:58.251547+0100',
        flow_id: 5,
        src_ip: '192.0.2.1',
        src_port: 50096,
        dest_ip: '198.51.100.1',
        dest_port: 22,
        proto: 'TCP',
        alert: { gid: 1, signature_id: 2, category: 'Detection of a Network Scan', severity: 2 },
      },
    ],
    [
      'intelmq',
      {
        'classification.type': 'infected-system',
        'source.ip': '192.0.2.7',
        'source.port': 49833,
        'time.source': '2026-11-20T09:00:00+00:00',
        'feed.name': 'x',
        'feed.accuracy': 90,
        tlp: 'AMBER',
      },
    ],
  ] as const)
    it(`is refused by nothing but an input error: ${name}`, async () => {
      const path = new URL(`../../policies/mappings/${name}.yaml`, import.meta.url)
      const format = await readMapping(fileURLToPath(path))
      assert.equal(readingOf(format, some)?.triggers.length, 1)
      await holds(
        fc.property(
          fc.oneof(broken(fc.constant(some)), fc.anything()),
          (record) => void readingOf(format, record),
        ),
        RUNS,
      )
    })
})
