import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { InputError } from '../domain/input-error.ts'
import { parsePrefix, prefixContains } from '../domain/prefix.ts'
import { readTrigger } from '../domain/trigger.ts'
import { IDEA } from './idea.ts'

const OWN = ['192.0.2.0/24', '2001:db8:1::/48'].map(parsePrefix)
const NOW = Date.parse('2026-11-20T10:00:00Z')
const context = {
  now: NOW,
  isOwn: (prefix: string) => OWN.some((own) => prefixContains(own, prefix as never)),
}

const DDOS = {
  Format: 'IDEA0',
  ID: '4f1c',
  DetectTime: '2026-11-20T09:59:00Z',
  CreateTime: '2026-11-20T09:59:30Z',
  Category: ['Availability.DDoS'],
  Confidence: 0.8,
  Description: 'UDP flood\u001b[31m of a web server',
  Ref: ['https://warden.example.org/4f1c'],
  Source: [{ IP4: ['198.51.100.7', '198.51.100.64/28'], Proto: ['udp'], Port: [40001] }],
  Target: [{ IP4: ['192.0.2.9'], Proto: ['udp'], Port: [443] }],
  Node: [{ Name: 'org.example.flow', SW: ['Detector'] }, { Name: 'org.example.hub' }],
  PacketCount: 81000,
  _CESNET: { Impact: 'high' },
}

function read(changes: Record<string, unknown> = {}) {
  return IDEA.read({ ...DDOS, ...changes }, context)
}

function roles(reading: ReturnType<typeof read>): string[] {
  return reading.triggers.map(({ role, target }) => `${role} ${target}`)
}

describe('IDEA0', () => {
  it('makes a trigger for our victim and for each outside offender', () => {
    const { triggers, ignored } = read()
    assert.deepEqual(ignored, [])
    assert.deepEqual(roles(read()), [
      'victim 192.0.2.9/32',
      'offender 198.51.100.7/32',
      'offender 198.51.100.64/28',
    ])
    assert.deepEqual(triggers[0], {
      id: '4f1c victim 192.0.2.9/32',
      revision: Date.parse('2026-11-20T09:59:30Z'),
      kind: 'open',
      target: '192.0.2.9/32',
      role: 'victim',
      category: 'dos.volumetric',
      match: { protocol: ['udp'], destinationPort: [443] },
      peers: ['198.51.100.7/32', '198.51.100.64/28'],
      confidence: 0.8,
      detectedAt: '2026-11-20T09:59:00Z',
      attack: '4f1c',
      reference: 'https://warden.example.org/4f1c',
      summary: 'UDP flood [31m of a web server',
      simulated: false,
      labels: {
        node: 'org.example.flow, org.example.hub',
        category: 'Availability.DDoS',
        protocols: 'udp',
        packets: '81000',
      },
    })
    for (const trigger of triggers) readTrigger(trigger)
  })

  it('does not say of many offenders that they are one attack', () => {
    assert.deepEqual(
      read().triggers.map(({ attack }) => attack),
      ['4f1c', undefined, undefined],
    )
    assert.equal(read({ AggrID: ['flood-3'], CorrelID: ['c'] }).triggers[0]?.attack, 'flood-3')
    assert.equal(read({ CorrelID: ['c-1'] }).triggers[0]?.attack, 'c-1')
  })

  it('takes an own source for the offender, with the port that tells who it was', () => {
    const bot = read({
      Category: ['Intrusion.Botnet'],
      Source: [{ IP4: ['192.0.2.7'], Port: [51234], Type: ['Botnet'] }],
      Target: [{ IP4: ['203.0.113.1'], Port: [6667], Proto: ['tcp', 'irc'], Type: ['CC'] }],
    })
    assert.deepEqual(roles(bot), ['offender 192.0.2.7/32'])
    const [trigger] = bot.triggers
    assert.equal(trigger?.category, 'host.compromised')
    assert.equal(trigger?.detectedPort, 51234)
    assert.deepEqual(trigger?.match, { protocol: ['tcp'], destinationPort: [6667] })
    assert.deepEqual(trigger?.peers, ['203.0.113.1/32'])
  })

  it('makes both of an incident inside', () => {
    const inside = read({ Source: [{ IP4: ['192.0.2.7'] }], Target: [{ IP4: ['192.0.2.9'] }] })
    assert.deepEqual(roles(inside), ['victim 192.0.2.9/32', 'offender 192.0.2.7/32'])
  })

  it('marks a Test as simulated, whatever else it is called', () => {
    for (const Category of [['Test'], ['Availability.DDoS', 'Test'], ['test'], ['Test.Exercise']]) {
      const { triggers } = read({ Category })
      assert.equal(triggers.length, 3)
      assert.ok(triggers.every(({ simulated }) => simulated === true))
    }
  })

  it('concludes nothing from backscatter, and keeps the other sources', () => {
    const mixed = read({
      Source: [
        { IP4: ['198.51.100.7'], Type: ['Backscatter'] },
        { IP4: ['198.51.100.7', '203.0.113.8'] },
        { IP4: ['198.51.100.0/24'] },
      ],
    })
    assert.deepEqual(roles(mixed), ['victim 192.0.2.9/32', 'offender 203.0.113.8/32'])
    assert.deepEqual(mixed.triggers[0]?.peers, ['203.0.113.8/32'])
    assert.match(mixed.ignored[0]?.why ?? '', /backscatter/)
    const alone = read({ Source: [{ IP4: ['192.0.2.7'], Type: ['Backscatter'] }] })
    assert.deepEqual(alone.triggers, [])
    assert.match(alone.ignored[0]?.why ?? '', /backscatter/)
    assert.deepEqual(read({ Source: [{ Type: ['backscatter'] }] }).triggers, [])
  })

  it('concludes nothing from a forged or anonymised address', () => {
    for (const flag of [{ Spoofed: true }, { Anonymised: true }]) {
      const reading = read({ Source: [{ IP4: ['192.0.2.7'], ...flag }] })
      assert.deepEqual(roles(reading), ['victim 192.0.2.9/32'])
      assert.equal(reading.ignored[0]?.what, 'Source.0')
    }
  })

  it('takes what replaces another record for the same incident', () => {
    const [first, later] = [read(), read({ ID: 'b', PredID: ['4f1c'], CreateTime: '2026-11-20T09:59:40Z' })]
    assert.equal(later.triggers[0]?.id, first.triggers[0]?.id)
    assert.equal(later.triggers[0]?.kind, 'update')
    assert.ok((later.triggers[0]?.revision ?? 0) > (first.triggers[0]?.revision ?? 0))
  })

  it('closes what has ceased, with a later revision even where nothing else has changed', () => {
    const [trigger] = read({ PredID: ['4f1c'], ID: 'c', CeaseTime: '2026-11-20T09:59:50Z' }).triggers
    assert.equal(trigger?.kind, 'close')
    assert.equal(trigger?.ceasedAt, '2026-11-20T09:59:50Z')
    assert.equal(trigger?.revision, Date.parse('2026-11-20T09:59:50Z'))
    assert.equal(read({ CeaseTime: '2026-11-20T11:00:00Z' }).triggers[0]?.kind, 'open')
  })

  it('lets an offender be judged of whom it is told only when all is over, and not a flood that is over', () => {
    const over = { CeaseTime: '2026-11-20T09:59:50Z', PredID: [] }
    const scan = read({ ...over, Category: ['Recon.Scanning'] }).triggers[0]
    assert.deepEqual([scan?.kind, scan?.ceasedAt], ['open', '2026-11-20T09:59:50Z'])
    assert.equal(read({ ...over, Category: ['Availability.DDoS'] }).triggers[0]?.kind, 'close')
  })

  it('takes ranges apart', () => {
    const reading = read({ Source: [], Target: [{ IP4: ['192.0.2.4-192.0.2.9'], IP6: ['2001:db8:1::1'] }] })
    assert.deepEqual(roles(reading), [
      'victim 192.0.2.4/30',
      'victim 192.0.2.8/31',
      'victim 2001:db8:1::1/128',
    ])
    assert.ok(reading.triggers.every(({ attack }) => attack === '4f1c'))
  })

  it('knows what kind of denial of service it is', () => {
    const category = (changes: object) => read(changes as Record<string, unknown>).triggers[0]?.category
    assert.equal(
      category({ Source: [{ IP4: ['198.51.100.7'], Proto: ['udp', 'dns'], Port: [53] }] }),
      'dos.amplification',
    )
    assert.equal(category({ Target: [{ IP4: ['192.0.2.9'], Proto: ['tcp', 'https'] }] }), 'dos.application')
    assert.deepEqual(
      read({ Source: [{ IP4: ['198.51.100.7'], Proto: ['udp', 'ntp'], Port: [123] }] }).triggers[0]?.match,
      { protocol: ['udp'], destinationPort: [443], sourcePort: [123] },
    )
  })

  it('translates categories, the first that says something', () => {
    for (const [names, ours] of [
      [['Recon.Scanning'], 'scan'],
      [['Attempt.Login'], 'login.brute-force'],
      [['Intrusion.UserCompromise'], 'host.compromised'],
      [['Malware.Trojan'], 'host.malware'],
      [['Abusive.Spam'], 'spam'],
      [['Fraud.Phishing'], 'account.phished'],
      [['Anomaly.Traffic', 'Malware'], 'host.malware'],
      [['Abusive.Harassment'], 'other'],
      [['Vulnerable.Config'], 'other'],
    ] as const)
      assert.equal(read({ Category: names }).triggers[0]?.category, ours, names.join())
  })

  it('ignores what is about nobody of ours', () => {
    const reading = read({ Target: [{ IP4: ['203.0.113.5'] }] })
    assert.deepEqual(reading.triggers, [])
    assert.deepEqual(reading.ignored, [
      {
        what: '198.51.100.7/32, 198.51.100.64/28, 203.0.113.5/32',
        why: 'nobody of ours does this or has it done to them',
      },
    ])
    assert.deepEqual(read({ Source: [{ Hostname: ['x.example'] }], Target: [] }).ignored, [
      { what: 'the record', why: 'it names no address' },
    ])
  })

  it('says what it leaves out of a record that is about very many', () => {
    const many = Array.from({ length: 300 }, (_, at) => `198.51.${100 + (at >> 8)}.${at & 255}`)
    const { triggers, ignored } = read({ Source: [{ IP4: many }] })
    assert.equal(triggers.length, 200)
    assert.equal(triggers[0]?.role, 'victim')
    assert.equal(triggers[0]?.peers?.length, 200)
    assert.match(ignored[0]?.what ?? '', /^101 more/)
    for (const trigger of triggers) readTrigger(trigger)
  })

  it('says where a record is wrong', () => {
    for (const [changes, path] of [
      [{ Format: 'IDEA1' }, 'Format'],
      [{ Category: [] }, 'Category'],
      [{ DetectTime: 'yesterday' }, 'DetectTime'],
      [{ CeaseTime: '2026-11-20T09:00:00' }, 'CeaseTime'],
      [{ Confidence: 80 }, 'Confidence'],
      [{ Target: [{ IP4: ['192.0.2.1', '192.0.2.300'] }] }, 'Target.0.IP4.1'],
      [{ Target: [{ IP4: ['2001:db8::1'] }] }, 'Target.0.IP4.0'],
      [{ Target: [{ IP4: ['192.0.2.9-192.0.2.4'] }] }, 'Target.0.IP4.0'],
      [{ Source: [{ IP4: ['192.0.2.1-192.0.2.254'] }] }, 'Source.0.IP4.0'],
      [{ Target: [{ Port: [70000] }] }, 'Target.0.Port.0'],
    ] as const)
      assert.throws(
        () => read(changes),
        (error: unknown) => error instanceof InputError && error.path === path,
        path,
      )
  })
})
