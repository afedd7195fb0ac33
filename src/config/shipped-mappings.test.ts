import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { InputError } from '../domain/input-error.ts'
import { type Prefix, parsePrefix, prefixContains } from '../domain/prefix.ts'
import { readTrigger } from '../domain/trigger.ts'
import { readMapping } from './read-mapping.ts'

const OWN = [parsePrefix('192.0.2.0/24'), parsePrefix('2001:db8:1::/48')]
const context = {
  now: Date.parse('2026-11-20T10:00:00Z'),
  isOwn: (prefix: Prefix) => OWN.some((own) => prefixContains(own, prefix)),
}

/** A shipped mapping. */
function shipped(name: string) {
  return readMapping(fileURLToPath(new URL(`../../policies/mappings/${name}.yaml`, import.meta.url)))
}

async function read(name: string, record: unknown) {
  const reading = (await shipped(name)).read(record, context)
  for (const trigger of reading.triggers) readTrigger(trigger)
  return reading
}

const ALERT = {
  timestamp: '2026-11-20T10:59:58.251547+0100',
  flow_id: 586497171462735,
  in_iface: 'ens5',
  event_type: 'alert',
  src_ip: '198.51.100.7',
  src_port: 50096,
  dest_ip: '192.0.2.9',
  dest_port: 22,
  proto: 'TCP',
  community_id: '1:Ls4dgjFHSLP2n8Ls=',
  alert: {
    action: 'allowed',
    gid: 1,
    signature_id: 2001219,
    rev: 20,
    signature: 'ET SCAN Potential SSH Scan',
    category: 'Attempted Information Leak',
    severity: 2,
  },
  app_proto: 'ssh',
  flow: { pkts_toserver: 3, pkts_toclient: 0, start: '2026-11-20T10:59:57.000000+0100' },
}

describe('the mapping of Suricata', () => {
  it('makes our end the victim and the outside one an offender', async () => {
    const { triggers, ignored } = await read('suricata-eve', ALERT)
    assert.deepEqual(ignored, [])
    assert.deepEqual(triggers[1], {
      id: '586497171462735:1:2001219 offender 198.51.100.7/32',
      revision: Date.parse('2026-11-20T09:59:58.251Z'),
      kind: 'open',
      target: '198.51.100.7/32',
      role: 'offender',
      category: 'scan',
      match: { protocol: ['tcp'], destinationPort: [22] },
      peers: ['192.0.2.9/32'],
      detectedPort: 50096,
      confidence: 0.6,
      detectedAt: '2026-11-20T10:59:58.251547+01:00',
      summary: 'ET SCAN Potential SSH Scan',
      reference: '1:Ls4dgjFHSLP2n8Ls=',
      labels: {
        signature: '1:2001219:20',
        classification: 'Attempted Information Leak',
        severity: '2',
        action: 'allowed',
        application: 'ssh',
        interface: 'ens5',
      },
    })
    assert.deepEqual(
      triggers.map(({ role, target }) => [role, target]),
      [
        ['victim', '192.0.2.9/32'],
        ['offender', '198.51.100.7/32'],
      ],
    )
  })

  it('makes our end the offender where it is the source', async () => {
    const { triggers } = await read('suricata-eve', {
      ...ALERT,
      src_ip: '2001:0db8:0001:0000:0000:0000:0000:0007',
      dest_ip: '2001:db8:ffff::1',
      proto: 'IPv6-ICMP',
      src_port: undefined,
      dest_port: undefined,
    })
    assert.deepEqual(
      triggers.map(({ role, target, match }) => [role, target, match]),
      [['offender', '2001:db8:1::7/128', { protocol: ['icmpv6'] }]],
    )
  })

  it('makes our end the offender of a trojan, whichever way the packet went', async () => {
    const alert = {
      ...ALERT.alert,
      category: 'Malware Command and Control Activity Detected',
      severity: 1,
    }
    const heard = { ...ALERT, src_port: 443, dest_port: 50100, alert }
    const said = { ...heard, src_ip: '192.0.2.9', dest_ip: '198.51.100.7', src_port: 50100, dest_port: 443 }
    for (const record of [heard, said]) {
      const { triggers } = await read('suricata-eve', record)
      assert.deepEqual(
        triggers.map(({ role, target, category, confidence, detectedPort, match }) => ({
          ...{ role, target, category, confidence, detectedPort, match },
        })),
        [
          {
            role: 'offender',
            target: '192.0.2.9/32',
            category: 'host.compromised',
            confidence: 0.9,
            detectedPort: 50100,
            match: { protocol: ['tcp'], destinationPort: [443] },
          },
        ],
      )
    }
  })

  it('believes a rule that says who the target is', async () => {
    const alert = {
      ...ALERT.alert,
      source: { ip: '192.0.2.9', port: 40000 },
      target: { ip: '198.51.100.7', port: 80 },
    }
    const { triggers } = await read('suricata-eve', { ...ALERT, alert })
    assert.deepEqual(
      triggers.map(({ role, target }) => [role, target]),
      [['offender', '192.0.2.9/32']],
    )
  })

  it('ignores whatever is no alert, with a sentence', async () => {
    for (const type of ['flow', 'dns', 'stats', 'drop']) {
      const { triggers, ignored } = await read('suricata-eve', { ...ALERT, event_type: type })
      assert.deepEqual(triggers, [])
      assert.match(ignored[0]?.why ?? '', /only alerts/)
    }
  })

  it('says where an alert is wrong', async () => {
    for (const [changes, path] of [
      [{ flow_id: undefined }, 'flow_id'],
      [{ timestamp: '2026-11-20T10:59:58' }, 'timestamp'],
      [{ src_ip: '198.51.100.700' }, 'src_ip'],
      [{ dest_port: 'ssh' }, 'dest_port'],
    ] as const)
      await assert.rejects(
        read('suricata-eve', { ...ALERT, ...changes }),
        (error: unknown) => error instanceof InputError && error.path === path,
        path,
      )
  })
})

const EVENT = {
  'classification.taxonomy': 'malicious-code',
  'classification.type': 'infected-system',
  'classification.identifier': 'qakbot',
  'source.ip': '192.0.2.7',
  'source.port': 49833,
  'source.network': '192.0.2.0/24',
  'source.asn': 64496,
  'destination.ip': '203.0.113.80',
  'destination.port': 443,
  'protocol.transport': 'tcp',
  'time.source': '2026-11-20T09:00:00+00:00',
  'time.observation': '2026-11-20T09:30:00+00:00',
  'feed.name': 'sinkhole',
  'feed.provider': 'somebody',
  'feed.accuracy': 90,
  event_hash: 'A1',
  tlp: 'AMBER',
  'malware.name': 'qakbot',
  rtir_id: 4711,
}

describe('the mapping of IntelMQ', () => {
  it('addresses keys with dots in them', async () => {
    const { triggers } = await read('intelmq', EVENT)
    assert.deepEqual(triggers, [
      {
        id: 'A1 offender 192.0.2.7/32',
        revision: Date.parse('2026-11-20T09:30:00Z'),
        kind: 'open',
        target: '192.0.2.7/32',
        role: 'offender',
        category: 'host.compromised',
        match: { protocol: ['tcp'], destinationPort: [443] },
        peers: ['203.0.113.80/32'],
        detectedPort: 49833,
        confidence: 0.9,
        detectedAt: '2026-11-20T09:00:00+00:00',
        simulated: false,
        tlp: 'amber',
        summary: 'qakbot',
        labels: {
          type: 'infected-system',
          identifier: 'qakbot',
          feed: 'sinkhole',
          provider: 'somebody',
          malware: 'qakbot',
          ticket: '4711',
        },
      },
    ])
  })

  it('reads the same event where it is nested', async () => {
    const { event_hash, tlp, rtir_id, ...flat } = EVENT
    const nested: Record<string, Record<string, unknown>> = {}
    for (const [name, value] of Object.entries(flat)) {
      const [outer = '', inner = ''] = name.split('.')
      nested[outer] = { ...nested[outer], [inner]: value }
    }
    assert.deepEqual(
      await read('intelmq', { ...nested, event_hash, tlp, rtir_id }),
      await read('intelmq', EVENT),
    )
  })

  it('makes an incident of feed, type and address where there is no hash', async () => {
    const { triggers } = await read('intelmq', { ...EVENT, event_hash: undefined })
    assert.equal(triggers[0]?.id, 'sinkhole:infected-system:192.0.2.7 offender 192.0.2.7/32')
  })

  it('closes what is offline, ignores what is only vulnerable, and simulates tests', async () => {
    assert.equal((await read('intelmq', { ...EVENT, status: 'offline' })).triggers[0]?.kind, 'close')
    const vulnerable = await read('intelmq', { ...EVENT, 'classification.taxonomy': 'vulnerable' })
    assert.deepEqual(vulnerable.triggers, [])
    assert.match(vulnerable.ignored[0]?.why ?? '', /vulnerable/)
    const test = await read('intelmq', { ...EVENT, 'classification.type': 'test' })
    assert.equal(test.triggers[0]?.simulated, true)
  })

  it('takes a network where no address is told', async () => {
    const { triggers } = await read('intelmq', { ...EVENT, 'source.ip': undefined })
    assert.equal(triggers[0]?.target, '192.0.2.0/24')
  })
})
