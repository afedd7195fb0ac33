import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InputError } from '../domain/input-error.ts'
import { type Prefix, parsePrefix, prefixContains } from '../domain/prefix.ts'
import { readTrigger } from '../domain/trigger.ts'
import { XARF } from './xarf.ts'

const OWN = parsePrefix('192.0.2.0/24')
const context = {
  now: Date.parse('2026-11-20T10:00:00Z'),
  isOwn: (prefix: Prefix) => prefixContains(OWN, prefix),
}

const LOG = 'Nov 20 08:58:01 gate sshd[17]: Failed password for root from 192.0.2.7\n'

const REPORT = {
  xarf_version: '4.2.0',
  report_id: '5f0c9b0e-9f0a-4a7e-8f57-2f8d2d6a1b11',
  timestamp: '2026-11-20T10:00:00+01:00',
  reporter: { org: 'Example Hosting', contact: 'abuse@hosting.example', domain: 'hosting.example' },
  sender: { org: 'Example Reports', contact: 'x@reports.example', domain: 'reports.example' },
  source_identifier: '192.0.2.7',
  source_port: 45621,
  category: 'connection',
  type: 'login_attack',
  evidence_source: 'honeypot',
  destination_ip: '203.0.113.22',
  destination_port: 22,
  protocol: 'tcp',
  attempt_count: 2847,
  first_seen: '2026-11-20T09:30:00+01:00',
  last_seen: '2026-11-20T10:00:00+01:00',
  confidence: 0.95,
  description: 'Many failed logins',
  evidence: [
    { content_type: 'image/png', payload: 'iVBORw0KGgo=' },
    {
      content_type: 'text/plain',
      description: 'Log',
      payload: Buffer.from(LOG.repeat(40)).toString('base64'),
    },
  ],
  service: 'ssh',
}

describe('X-ARF 4', () => {
  it('is a report for people, with all that a classic abuse report tells', () => {
    const { triggers, ignored } = XARF.read(REPORT, context)
    assert.deepEqual(ignored, [])
    assert.equal(triggers.length, 1)
    const { labels: { sample = '', ...labels } = {}, ...trigger } = triggers[0] ?? assert.fail()
    assert.deepEqual(trigger, {
      id: '5f0c9b0e-9f0a-4a7e-8f57-2f8d2d6a1b11 offender 192.0.2.7/32',
      revision: Date.parse('2026-11-20T09:00:00Z'),
      kind: 'open',
      target: '192.0.2.7/32',
      role: 'offender',
      category: 'report',
      evidence: 'spoofable',
      match: { protocol: ['tcp'], destinationPort: [22] },
      peers: ['203.0.113.22/32'],
      detectedPort: 45621,
      confidence: 0.95,
      detectedAt: '2026-11-20T10:00:00+01:00',
      summary: 'Example Hosting reports login_attack (connection) from 192.0.2.7/32: Many failed logins',
    })
    assert.deepEqual(labels, {
      reporter: 'Example Hosting',
      contact: 'abuse@hosting.example',
      sender: 'Example Reports',
      class: 'connection',
      type: 'login_attack',
      evidence: 'honeypot',
      destinations: '203.0.113.22',
      destinationPort: '22',
      sourcePort: '45621',
      protocol: 'tcp',
      firstSeen: '2026-11-20T09:30:00+01:00',
      lastSeen: '2026-11-20T10:00:00+01:00',
      events: '2847',
      sampleOf: 'Log',
    })
    assert.ok(sample.startsWith(LOG.trim()))
    assert.equal(sample.length, 500)
    assert.ok(sample.endsWith('…'))
    readTrigger(triggers[0] ?? assert.fail())
  })

  it('is a report whatever the other says that it is', () => {
    for (const [category, type] of [
      ['connection', 'ddos'],
      ['infrastructure', 'botnet'],
      ['messaging', 'spam'],
    ]) {
      const { triggers } = XARF.read({ ...REPORT, category, type }, context)
      assert.deepEqual(
        triggers.map((trigger) => [trigger.category, trigger.evidence]),
        [['report', 'spoofable']],
      )
    }
  })

  it('ignores what is not about a source of ours', () => {
    for (const [source, why] of [
      ['203.0.113.1', /not ours/],
      ['spam.example.org', /no address/],
    ] as const) {
      const reading = XARF.read(
        { ...REPORT, source_identifier: source, destination_ip: '192.0.2.9' },
        context,
      )
      assert.deepEqual(reading.triggers, [])
      assert.equal(reading.ignored[0]?.what, source)
      assert.match(reading.ignored[0]?.why ?? '', why)
    }
  })

  it('accuses nobody but the source, also where the victim is ours', () => {
    const { triggers } = XARF.read({ ...REPORT, destination_ip: ['192.0.2.9', 'www.example.org'] }, context)
    assert.deepEqual(
      triggers.map(({ role, target, peers }) => [role, target, peers]),
      [['offender', '192.0.2.7/32', ['192.0.2.9/32']]],
    )
    assert.equal(triggers[0]?.labels?.['destinations'], '192.0.2.9, www.example.org')
  })

  it('says where a report is wrong', () => {
    for (const [report, path] of [
      [{ ...REPORT, xarf_version: '5.0.0' }, 'xarf_version'],
      [{ ...REPORT, report_id: '' }, 'report_id'],
      [{ ...REPORT, timestamp: '2026-11-20T10:00:00' }, 'timestamp'],
      [{ ...REPORT, first_seen: 'this morning' }, 'first_seen'],
      [{ ...REPORT, destination_port: 70_000 }, 'destination_port'],
      [{}, ''],
    ] as const)
      assert.throws(
        () => XARF.read(report, context),
        (error: unknown) => error instanceof InputError && error.path === path,
        path,
      )
  })
})

describe('X-ARF 3', () => {
  it('is read as the newer one is', () => {
    const { triggers } = XARF.read(
      {
        Version: '3.0.0',
        ReporterInfo: {
          ReporterOrg: 'Example CERT',
          ReporterOrgDomain: 'cert.example',
          ReporterContactEmail: 'incident@cert.example',
        },
        Disclosure: true,
        Report: {
          ReportClass: 'Network',
          ReportType: 'ddos',
          Date: '2026-11-20T08:15:45Z',
          Source: { IP: '192.0.2.53', Port: 53, Type: 'ip' },
          Attachment: [{ ContentType: 'text/plain', Description: 'Flows', Data: 'RE5T' }],
          AdditionalInfo: {
            Protocol: 'udp',
            DestinationIP: '203.0.113.9',
            DestinationPort: 80,
            PacketCount: 15000,
          },
        },
      },
      context,
    )
    assert.deepEqual(triggers, [
      {
        id: 'cert.example ddos 192.0.2.53 2026-11-20T08:15:45Z offender 192.0.2.53/32',
        revision: Date.parse('2026-11-20T08:15:45Z'),
        kind: 'open',
        target: '192.0.2.53/32',
        role: 'offender',
        category: 'report',
        evidence: 'spoofable',
        match: { protocol: ['udp'], destinationPort: [80], sourcePort: [53] },
        peers: ['203.0.113.9/32'],
        detectedPort: 53,
        detectedAt: '2026-11-20T08:15:45Z',
        summary: 'Example CERT reports ddos (Network) from 192.0.2.53/32',
        labels: {
          reporter: 'Example CERT',
          contact: 'incident@cert.example',
          class: 'Network',
          type: 'ddos',
          destinations: '203.0.113.9',
          destinationPort: '80',
          sourcePort: '53',
          protocol: 'udp',
          packets: '15000',
          sampleOf: 'Flows',
          sample: 'DNS',
        },
      },
    ])
  })
})
