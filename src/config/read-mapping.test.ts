import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { type Prefix, parsePrefix, prefixContains } from '../domain/prefix.ts'
import { readTrigger } from '../domain/trigger.ts'
import { readMapping } from './read-mapping.ts'
import { ConfigError, problemText } from './yaml-file.ts'

const OWN = parsePrefix('192.0.2.0/24')
const context = {
  now: Date.parse('2026-11-20T10:00:00Z'),
  isOwn: (prefix: Prefix) => prefixContains(OWN, prefix),
}

const GOOD = `name: mine
source: { addresses: src }
fields:
  id: { from: id }
  category: { value: scan }
  detectedAt: { from: at }
`

describe('a mapping of a site', () => {
  it('takes constants, tables, scales and times of any kind', async () => {
    const format = await readMapping(
      'mine.yaml',
      `${GOOD}  lifetime: { from: ttl }\n  packetsPerSecond: { from: kpps, scale: 1000 }\n  simulated: { from: mode, map: { exercise: true } }\n`,
    )
    const record = {
      id: 7,
      src: ['192.0.2.1', '192.0.2.8-192.0.2.9'],
      at: 1_795_000_000_000,
      ttl: 90.2,
      kpps: '2',
    }
    const [first, second] = format.read(record, context).triggers
    assert.deepEqual(
      [first?.target, second?.target, first?.lifetime, first?.packetsPerSecond, first?.simulated],
      ['192.0.2.1/32', '192.0.2.8/31', '91s', 2000, undefined],
    )
    assert.equal(first?.detectedAt, '2026-11-18T11:06:40.000Z')
    assert.equal(first?.revision, 1_795_000_000_000)
    assert.equal(format.read({ ...record, mode: 'exercise' }, context).triggers[0]?.simulated, true)
  })

  it('is refused with the line of each problem', async () => {
    for (const [text, words] of [
      [`${GOOD}  ttl: { from: ttl }\n`, /^mine.yaml:7:\d+: fields.ttl: unknown field/],
      [
        GOOD.replace('value: scan', 'value: scanning'),
        /^mine.yaml:5:\d+: fields.category.value: 'scanning' is none of/,
      ],
      [
        `${GOOD}  tlp: { from: tlp, map: { W: white } }\n`,
        /^mine.yaml:7:\d+: fields.tlp.map.W: 'white' is none of/,
      ],
      [
        GOOD.replace('value: scan', 'value: scan, from: x'),
        /^mine.yaml:5:\d+: fields.category: give either value/,
      ],
      [GOOD.replace('{ from: id }', '{}'), /^mine.yaml:4:\d+: fields.id: give either value/],
      [GOOD.replace('from: at', 'from: a..b'), /^mine.yaml:6:\d+: fields.detectedAt: 'a..b' has a part/],
      [
        GOOD.replace('addresses: src', 'addresses: a.b.c.d.e.f.g.h.i'),
        /^mine.yaml:2:\d+: source.addresses: .* more than 8/,
      ],
      [GOOD.replace('source: { addresses: src }\n', ''), /say who is meant/],
      [`${GOOD}records:\n  - { when: { a: 1 }, kind: ignore }\n`, /^mine.yaml:8:\d+: records.0: say why/],
      [`${GOOD}records:\n  - { kind: close }\n`, /^mine.yaml:8:\d+: records.0: say when/],
      [
        `${GOOD}records:\n  - { when: { a: 1 }, kind: open, why: x }\n`,
        /records.0.why: only what is ignored/,
      ],
      [
        `${GOOD}  confidence: { from: c, map: { a: 2 } }\n`,
        /fields.confidence.map.a: '2' is no number from 0 to 1/,
      ],
      [`${GOOD}own: { from: c, default: us }\n`, /^mine.yaml:7:\d+: own.default: 'us' is none of/],
    ] as const)
      await assert.rejects(
        readMapping('mine.yaml', text),
        (error: unknown) =>
          error instanceof ConfigError && error.problems.map(problemText).some((line) => words.test(line)),
        String(words),
      )
  })

  it('works as docs/triggers.md shows it', async () => {
    const page = await readFile(new URL('../../docs/triggers.md', import.meta.url), 'utf8')
    const [, text = ''] = /## Other JSON.*?```yaml\n(.*?)```/s.exec(page) ?? []
    const format = await readMapping('docs/triggers.md', text)
    const record = {
      ...{ kind: 'login', session: 17, time: '2026-11-20T09:00:00Z', score: 80, proto: 'tcp' },
      ...{ attacker: { ip: '198.51.100.7', port: 40001 }, sensor: { name: 'a', ip: '192.0.2.9' } },
    }
    const reading = format.read(record, context)
    assert.deepEqual(
      reading.triggers.map((trigger) => {
        const { target, category, evidence, confidence, kind } = readTrigger(trigger)
        return [trigger.id, target, category, evidence, confidence, kind]
      }),
      ['victim 192.0.2.9/32', 'offender 198.51.100.7/32'].map((who) => [
        `a:17 ${who}`,
        { kind: 'host', prefix: who.split(' ')[1] },
        ...['login.brute-force', 'established', 0.8, 'open'],
      ]),
    )
    assert.equal(format.read({ ...record, state: 'over' }, context).triggers[0]?.kind, 'close')
    assert.deepEqual(format.read({ ...record, kind: 'ping' }, context).ignored, [
      { what: 'the record', why: 'only logins and scans are detections' },
    ])
  })
})
