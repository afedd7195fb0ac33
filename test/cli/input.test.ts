import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readBlock } from '../../src/cli/input/block-options.ts'
import { readEnds, readTime, requireEnds } from '../../src/cli/input/end.ts'
import { readRate } from '../../src/cli/input/rate.ts'
import { readSpan } from '../../src/cli/input/span.ts'
import { blockNumber, lengthOf } from '../../src/cli/input/subject.ts'

const NOON = new Date(2026, 10, 20, 12).getTime()

test('a time is read with a zone, as local time, and as the next such time of day', () => {
  assert.equal(readTime('2026-11-20T18:00:00Z', NOON), Date.UTC(2026, 10, 20, 18))
  assert.equal(readTime('2026-11-20T18:00+01:00', NOON), Date.UTC(2026, 10, 20, 17))
  assert.equal(readTime('2026-11-21 18:00', NOON), new Date(2026, 10, 21, 18).getTime())
  assert.equal(readTime('18:00', NOON), new Date(2026, 10, 20, 18).getTime())
  assert.equal(readTime('08:30', NOON), new Date(2026, 10, 21, 8, 30).getTime())
})

test('a time that nobody can mean is refused', () => {
  for (const text of ['', 'tomorrow', '25:00', '2026-02-31 10:00', '2026-13-01T10:00:00Z', '18:00Z', '12:61'])
    assert.throws(() => readTime(text, NOON), /is not a time/, text)
})

test('exactly one end is given', () => {
  assert.deepEqual(readEnds({ for: '24h' }, NOON), { duration: '24h' })
  assert.deepEqual(readEnds({ permanent: true }, NOON), { permanent: true })
  assert.deepEqual(readEnds({}, NOON), {})
  assert.throws(() => readEnds({ for: '1h', permanent: true }, NOON), /--for and --permanent/)
  assert.throws(() => requireEnds({}, NOON), /say how long/)
})

test('a rate is bytes a second, and bits are not guessed', () => {
  assert.deepEqual(
    ['125000', '500k', '10M', '1.5G'].map(readRate),
    [125_000, 500_000, 10_000_000, 1_500_000_000],
  )
  assert.throws(() => readRate('80Mbit'), /BYTES.*divide bits by 8/)
  for (const text of ['', '0', '-1', '1e3', '10 M', '0.1']) assert.throws(() => readRate(text), /BYTES/, text)
})

test('waiting times', () => {
  assert.deepEqual(
    ['0s', '10s', '1m30s', '250ms'].map((text) => readSpan(text, '--wait')),
    [0, 10_000, 90_000, 250],
  )
  for (const text of ['', '10', 's', '1d', '10s x'])
    assert.throws(() => readSpan(text, '--wait'), /--wait/, text)
})

test('numbers of blocks are told from targets', () => {
  assert.deepEqual(['1042', '#1042', 'Cordon#1042', 'cordon#1042'].map(blockNumber), [1042, 1042, 1042, 1042])
  for (const text of ['0', '192.0.2.7', '1042/32', 'department:1042', '', '10.0'])
    assert.equal(blockNumber(text), undefined, text)
})

test('lengths of targets', () => {
  assert.equal(lengthOf('192.0.2.7'), 32)
  assert.equal(lengthOf('192.0.2.0/24'), 24)
  assert.equal(lengthOf('2001:db8::1'), 128)
  assert.equal(lengthOf('2001:db8::/48'), 48)
  assert.equal(lengthOf('department:physics'), undefined)
  assert.equal(lengthOf('connection:cafe'), undefined)
})

test('options become what the API takes', () => {
  const options = {
    reason: 'amplification',
    ticket: 'RT#1',
    category: 'dos.amplification' as const,
    for: '1h',
    to: true,
    rateLimit: '1M',
    protocol: 'udp',
    destinationPort: '53',
    collateral: ['whole-host'] as const,
    evidence: 'established' as const,
  }
  assert.deepEqual(readBlock('192.0.2.7', options, NOON), {
    target: '192.0.2.7',
    match: { protocol: 'udp', destinationPort: '53' },
    direction: 'to',
    action: { rateLimit: 1_000_000 },
    collateral: ['whole-host'],
    reason: 'amplification',
    ticket: 'RT#1',
    category: 'dos.amplification',
    evidence: 'established',
    duration: '1h',
  })
  assert.deepEqual(readBlock('192.0.2.7', { reason: 'x', permanent: true }, NOON), {
    target: '192.0.2.7',
    reason: 'x',
    permanent: true,
  })
  assert.throws(() => readBlock('192.0.2.7', { reason: 'x', for: '1h', to: true, both: true }, NOON), /--to/)
})
