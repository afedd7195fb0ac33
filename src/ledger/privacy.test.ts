import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  aboutRequest,
  amended,
  answeredRequest,
  created,
  failed,
  hostOf,
  queued,
  released,
  requestFiled,
  SECRET,
  tokenCreated,
} from '../../test/helpers/events.ts'
import { memoryFiles } from '../../test/helpers/memory-files.ts'
import { openLedger, plain, put } from '../../test/helpers/test-ledger.ts'
import type { LedgerEvent, Recorded } from './events.ts'
import { encodeEvent, systemSalt } from './line.ts'
import { verifyLedger } from './verify.ts'

const EVENTS: readonly LedgerEvent[] = [
  created(1),
  amended(1, 'amended-reason'),
  { type: 'block.amended', block: 1, by: 't1', ticket: 'amended-ticket' },
  failed('r1', [1]),
  answeredRequest('idempotency-key', [1]),
  tokenCreated('t9'),
  { type: 'memo', device: 'r1', memo: 'memo-of-an-adapter' },
  { type: 'device.held', device: 'r1', by: 't1', until: 1, reason: 'reason-of-a-hold' },
  requestFiled(3, 1),
  ...aboutRequest(3),
  queued(1, 1, { blocks: [1] }),
  released(1, 'why-it-was-lifted'),
]

const PERSONAL = [
  hostOf(1),
  SECRET.reason,
  SECRET.ticket,
  SECRET.words,
  SECRET.statement,
  SECRET.sender,
  'amended-reason',
  'amended-ticket',
  'idempotency-key',
  'digest of',
  'name of t9',
  'memo-of-an-adapter',
  'reason-of-a-hold',
  'why-it-was-lifted',
]

async function filled(events: readonly LedgerEvent[] = EVENTS) {
  const files = memoryFiles()
  const ledger = await openLedger({ files })
  for (const event of events) await put(ledger, [event])
  return { files, ledger }
}

function has(bytes: Buffer, words: string): boolean {
  return bytes.indexOf(words) >= 0
}

describe('personal data', () => {
  it('stands in side files and never in the chain', async () => {
    const { files, ledger } = await filled()
    await ledger.close()
    for (const [name, bytes] of files.snapshot())
      for (const words of PERSONAL)
        assert.equal(has(bytes, words), name === '00000001.side.jsonl', `${words} in ${name}`)
  })

  it('has another digest each time, so that equal data cannot be told', () => {
    const salt = systemSalt()
    const seen = new Set<string>()
    for (let time = 0; time < 600; time += 1) {
      const { clear, side } = encodeEvent(released(1), salt)
      const digest = (JSON.parse(clear) as { side: string }).side
      assert.match(side ?? '', /^\{"salt":"[A-Za-z0-9_-]{22}"/)
      seen.add(digest)
    }
    assert.equal(seen.size, 600)
  })

  it('an event without any has no side record', () => {
    assert.equal(encodeEvent({ type: 'block.released', block: 1, by: 't1' }, systemSalt()).side, undefined)
    assert.equal(encodeEvent({ type: 'block.expired', block: 1 }, systemSalt()).side, undefined)
  })
})

describe('redaction', () => {
  it('erases the bytes, keeps those of others, forgets the block, and verifies', async () => {
    const { files, ledger } = await filled([...EVENTS, created(2, { reason: 'the-other-reason' })])
    await ledger.redact([1, 2, 3, 4, 5, 9, 11, 12, 13, 14, 15, 18, 19], 't1')
    assert.equal(ledger.head.blocks.has(1), false)
    assert.deepEqual([ledger.head.requests.size, ledger.head.messages.size], [0, 0])
    assert.deepEqual([...ledger.head.answered], [])
    const gone = PERSONAL.filter((words) => !/^(name|memo|reason-of-a-hold|TICKET|reason-of-the)/.test(words))
    for (const [name, bytes] of files.snapshot())
      for (const words of gone) assert.equal(has(bytes, words), false, `${words} in ${name}`)
    assert.ok(has(files.snapshot().get('00000001.side.jsonl') ?? Buffer.alloc(0), 'the-other-reason'))
    const verified = await verifyLedger(files)
    assert.deepEqual([verified.redacted, verified.lastSeq, verified.dropped], [13, 21, undefined])
    const state = plain(ledger.head)
    await ledger.close()
    const again = await openLedger({ files })
    assert.deepEqual(plain(again.head), state)
    await again.close()
  })

  it('reaches a reader that began before it', async () => {
    const { ledger } = await filled([
      created(1, { reason: 'the-one-reason' }),
      released(1),
      created(2),
      created(3),
    ])
    await put(ledger, [created(4)])
    const reading = ledger.history()[Symbol.asyncIterator]()
    await reading.next()
    await reading.next()
    await put(ledger, [released(3)])
    await ledger.redact([4], 't1')
    const rest = []
    for (let next = await reading.next(); next.done !== true; next = await reading.next())
      rest.push(next.value)
    assert.deepEqual(
      rest.map(({ seq, redacted }) => [seq, redacted]),
      [
        [3, false],
        [4, true],
        [5, false],
      ],
    )
    await ledger.close()
  })

  it('leaves every position as it was, also in a file that was redacted before', async () => {
    const { files, ledger } = await filled([])
    await put(ledger, [created(1), created(2), released(1), released(2)])
    await put(ledger, [created(3)])
    await ledger.redact([1], 't1')
    const size = files.snapshot().get('00000001.side.jsonl')?.length
    await ledger.redact([2, 4], 't1')
    const bytes = files.snapshot().get('00000001.side.jsonl')
    assert.equal(bytes?.length, size)
    assert.equal(bytes?.toString().split('\n').length, 3)
    await ledger.close()
  })

  it('is refused for an active block, for what belongs to no block, and for what is not there', async () => {
    const { files, ledger } = await filled([created(1), created(2), tokenCreated('t1'), released(2)])
    await put(ledger, [answeredRequest('both', [1, 2])])
    await assert.rejects(ledger.redact([1], 't1'), /event 1 belongs to block 1, which has not ended/)
    await assert.rejects(ledger.redact([2, 1], 't1'), /block 1, which has not ended/)
    await assert.rejects(ledger.redact([5], 't1'), /block 1, which has not ended/)
    await assert.rejects(ledger.redact([3], 't1'), /event 3 .* belongs to no block/)
    await assert.rejects(ledger.redact([2, 77], 't1'), /has no event 77/)
    await ledger.redact([], 't1')
    assert.equal(ledger.head.seq, 5)
    assert.equal((await verifyLedger(files)).redacted, 0)
    await ledger.close()
  })

  it('goes on beside commits, and later starts begin no new segment for it', async () => {
    const { files, ledger } = await filled([created(1), released(1)])
    const running = ledger.redact([1, 2], 't1')
    await Promise.all(Array.from({ length: 50 }, (_, index) => put(ledger, [created(10 + index)])))
    await running
    await ledger.close()
    const names = (await files.list()).length
    for (let start = 0; start < 4; start += 1) await (await openLedger({ files })).close()
    assert.equal((await files.list()).length, names)
  })
})

describe('history', () => {
  it('tells of blocks that have left memory, from any event on, across segments', async () => {
    const files = memoryFiles()
    const ledger = await openLedger({ files, segmentBytes: 1_000, retainEndedMs: 0 })
    for (let block = 1; block <= 30; block += 1) await put(ledger, [created(block), released(block)])
    const all: Recorded[] = []
    for await (const one of ledger.history()) all.push(one)
    assert.deepEqual(
      all.map(({ seq }) => seq),
      Array.from({ length: 60 }, (_, index) => index + 1),
    )
    for (const from of [1, 2, 3, 30, 31, 59, 60, 61, 1_000]) {
      const part: Recorded[] = []
      for await (const one of ledger.history(from)) part.push(one)
      assert.deepEqual(part, all.slice(from - 1), `from ${from}`)
    }
    await ledger.close()
  })

  it('goes up to what was durable when it began, whatever is written meanwhile', async () => {
    const { ledger } = await filled([created(1), created(2), created(3)])
    const seen: number[] = []
    for await (const { seq } of ledger.history()) {
      seen.push(seq)
      await put(ledger, [amended(1, `after ${seq}`)])
    }
    assert.deepEqual(seen, [1, 2, 3])
    await ledger.close()
  })
})
