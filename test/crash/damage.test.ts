import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Logger, SILENT } from '../../src/domain/log.ts'
import type { Files } from '../../src/ledger/files.ts'
import { LedgerDamaged } from '../../src/ledger/reader.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { amended, created, inForce, released } from '../helpers/events.ts'
import { memoryFiles } from '../helpers/memory-files.ts'
import { seeded } from '../helpers/random.ts'
import { SparseBytes } from '../helpers/sparse-bytes.ts'
import { drain, openLedger, plain, put } from '../helpers/test-ledger.ts'

const CHAIN = '00000001.jsonl'
const SIDE = '00000001.side.jsonl'

/** A ledger as bytes, without the space that is secured behind them. */
interface Sample {
  readonly chain: Buffer
  readonly side: Buffer
  /** The state after each line, beginning with none. */
  readonly states: readonly string[]
}

const GROUPS = [
  [created(1), created(2)],
  [inForce('r1', [1, 2])],
  [amended(1, 'more')],
  [released(1)],
  [created(3, { reason: 'é'.repeat(2_500) })],
  [created(4), released(2)],
]

async function sample(): Promise<Sample> {
  const files = memoryFiles()
  const ledger = await openLedger({ files })
  const states = [text(ledger.head)]
  for (const group of GROUPS) {
    await put(ledger, group)
    states.push(text(ledger.head))
  }
  await ledger.close()
  return { chain: written(files.disk().get(CHAIN)), side: written(files.disk().get(SIDE)), states }
}

function text(head: Parameters<typeof plain>[0]): string {
  return JSON.stringify(plain(head))
}

function written(body: SparseBytes | undefined): Buffer {
  const bytes = body?.written() ?? Buffer.alloc(0)
  return bytes.subarray(0, bytes.lastIndexOf('\n') + 1)
}

function filesOf(chain: Buffer, side: Buffer, more: [string, Buffer][] = []): Files {
  const all: [string, Buffer][] = [[CHAIN, chain], [SIDE, side], ...more]
  return memoryFiles(new Map(all.map(([name, data]) => [name, SparseBytes.from(data)])))
}

/** Where each line begins, and where the last one ends. */
function lineStarts(data: Buffer): number[] {
  const starts = [0]
  for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) starts.push(at + 1)
  return starts
}

type Found =
  | { readonly is: 'damaged'; readonly message: string }
  | { readonly is: 'open'; readonly state: string; readonly warned: boolean }

async function start(files: Files): Promise<Found> {
  const warnings: string[] = []
  const log: Logger = { ...SILENT, warn: (_, message) => warnings.push(message) }
  try {
    const ledger = await openLedger({ files, log })
    const state = text(ledger.head)
    await ledger.close()
    return { is: 'open', state, warned: warnings.length > 0 }
  } catch (error) {
    assert.ok(error instanceof LedgerDamaged, String(error))
    assert.match(error.message, /^\d{8}(\.side)?\.jsonl is damaged at byte \d+: /)
    return { is: 'damaged', message: error.message }
  }
}

/** What `verifyLedger` makes of it. */
async function verdict(files: Files): Promise<'damaged' | 'dropped' | 'right'> {
  try {
    return (await verifyLedger(files)).dropped === undefined ? 'right' : 'dropped'
  } catch (error) {
    assert.ok(error instanceof LedgerDamaged, String(error))
    return 'damaged'
  }
}

/** Damage to the last line drops it with a warning; before it, the start is refused; nothing else is ever seen. */
async function judge(
  files: Files,
  again: Files,
  last: boolean,
  { states }: Sample,
  where: string,
): Promise<void> {
  const found = await start(files)
  const verified = await verdict(again)
  if (last) {
    assert.deepEqual(found, { is: 'open', state: states.at(-2), warned: true }, where)
    assert.equal(verified, 'dropped', where)
  } else {
    assert.equal(found.is, 'damaged', where)
    assert.equal(verified, 'damaged', where)
  }
}

describe('a ledger cut', () => {
  it('at each byte of the chain loses the line that was cut and says so, or refuses', async () => {
    const whole = await sample()
    const starts = lineStarts(whole.chain)
    const lastLine = starts.at(-2) ?? 0
    const step = 3
    for (let at = whole.chain.length - 1; at >= 0; at -= at > lastLine - 20 ? 1 : step) {
      for (const tail of [Buffer.alloc(0), Buffer.alloc(600)]) {
        const chain = Buffer.concat([whole.chain.subarray(0, at), tail])
        const files = () => filesOf(chain, whole.side)
        await judge(files(), files(), at >= lastLine, whole, `cut at ${at}, ${tail.length} zeros`)
      }
    }
  })

  it('at each byte of the side file loses the line that was cut and says so, or refuses', async () => {
    const whole = await sample()
    const lastLine = lineStarts(whole.side).at(-2) ?? 0
    for (let at = whole.side.length - 1; at >= 0; at -= 3) {
      const files = () => filesOf(whole.chain, whole.side.subarray(0, at))
      await judge(files(), files(), at >= lastLine, whole, `cut at ${at}`)
    }
  })
})

describe('a flipped bit', () => {
  for (const name of [CHAIN, SIDE]) {
    it(`anywhere in ${name} is found`, async () => {
      const whole = await sample()
      const random = seeded(name)
      const data = name === CHAIN ? whole.chain : whole.side
      const lastLine = lineStarts(data).at(-2) ?? 0
      for (let at = 0; at < data.length; at += 1) {
        const bad = Buffer.from(data)
        bad[at] = (bad[at] ?? 0) ^ (1 << Math.floor(random() * 8))
        const files = () => (name === CHAIN ? filesOf(bad, whole.side) : filesOf(whole.chain, bad))
        assert.equal(await verdict(files()), at >= lastLine ? 'dropped' : 'damaged', `byte ${at}`)
        if (at % 17 === 0) await judge(files(), files(), at >= lastLine, whole, `byte ${at}`)
      }
    })
  }
})

describe('a block of zeros', () => {
  for (const size of [512, 4096]) {
    it(`of ${size} bytes anywhere is found, in the chain and in the side file`, async () => {
      const whole = await sample()
      for (const name of [CHAIN, SIDE]) {
        const data = name === CHAIN ? whole.chain : whole.side
        const lastLine = lineStarts(data).at(-2) ?? 0
        for (let at = 0; at < data.length; at += 512) {
          const bad = Buffer.from(data).fill(0, at, Math.min(at + size, data.length))
          const files = () => (name === CHAIN ? filesOf(bad, whole.side) : filesOf(whole.chain, bad))
          await judge(files(), files(), at >= lastLine, whole, `${name} from ${at}`)
        }
      }
    })
  }
})

describe('what is missing', () => {
  it('a line is noticed wherever it stood, in the chain and in the side file', async () => {
    const whole = await sample()
    for (const name of [CHAIN, SIDE]) {
      const data = name === CHAIN ? whole.chain : whole.side
      const starts = lineStarts(data)
      for (const [index, from] of starts.slice(0, -1).entries()) {
        const to = starts[index + 1] ?? 0
        const bad = Buffer.concat([data.subarray(0, from), data.subarray(to)])
        const files = () => (name === CHAIN ? filesOf(bad, whole.side) : filesOf(whole.chain, bad))
        await judge(files(), files(), to === data.length, whole, `${name} without line ${index + 1}`)
      }
    }
  })

  it('personal data that no event erased refuses to start, whatever it belonged to', async () => {
    const whole = await sample()
    for (const line of whole.side.toString().trimEnd().split('\n')) {
      const parsed = JSON.parse(line) as { seq: number; records: unknown[] }
      const emptied = JSON.stringify({ ...parsed, records: parsed.records.map(() => null) })
      const side = Buffer.from(whole.side.toString().replace(line, emptied))
      const files = () => filesOf(whole.chain, side)
      await judge(files(), files(), false, whole, `records of ${parsed.seq}`)
    }
  })

  it('a segment in the middle, the first one, and the end of one before the last are noticed', async () => {
    const files = memoryFiles()
    const ledger = await openLedger({ files, segmentBytes: 600 })
    for (let block = 1; block < 12; block += 1) {
      await put(ledger, [created(block)])
      await drain()
    }
    await ledger.close()
    const names = [...files.disk().keys()].filter((name) => /^\d+\.jsonl$/.test(name)).sort()
    assert.ok(names.length > 3, names.join(' '))
    for (const name of names.slice(0, -2)) {
      const without = files.disk()
      without.delete(name)
      assert.equal(await verdict(memoryFiles(without)), 'damaged', name)
      assert.equal((await start(memoryFiles(without))).is, 'damaged', name)
      const shorter = files.disk()
      const lines = written(shorter.get(name))
      const cut = lineStarts(lines).at(-2) ?? 0
      for (const length of [cut, lines.length - 1]) {
        shorter.set(name, SparseBytes.from(lines.subarray(0, length)))
        assert.equal((await start(memoryFiles(shorter))).is, 'damaged', `${name} cut to ${length}`)
      }
    }
  })
})
