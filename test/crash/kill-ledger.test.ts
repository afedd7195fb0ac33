import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, describe, it } from 'node:test'
import type { FileLedger } from '../../src/ledger/file-ledger.ts'
import { folderFiles } from '../../src/ledger/files.ts'
import { verifyLedger } from '../../src/ledger/verify.ts'
import { type Transpiled, transpile } from '../helpers/controller.ts'
import { type Random, seeded } from '../helpers/random.ts'
import { openLedger } from '../helpers/test-ledger.ts'

const KILLS = Number(process.env['CORDON_KILLS'] ?? 20)
const SEED = process.env['CORDON_SEED'] ?? 'kill'

/** Side by side, because a start waits more than it works. */
const LANES = 2

/** A ledger goes through this many kills before the next one begins, so that opening stays quick. */
const KILLS_A_LEDGER = 20

/** What is answered: blocks by their numbers, or sources. */
const ANSWERS = [
  ...(['created', 'released', 'redacted'] as const),
  ...(['proposed', 'agreed', 'covered', 'moved', 'muted'] as const),
]

/** What has been answered in the life of one ledger. */
type Owed = Readonly<Record<(typeof ANSWERS)[number], Set<number>>>

function nothingOwed(): Owed {
  const none = ANSWERS.map((answer) => [answer, new Set<number>()] as const)
  return Object.fromEntries(none) as unknown as Owed
}

describe('kill -9 under load', () => {
  let built: Transpiled
  let folder = ''

  before(() => {
    built = transpile()
    folder = mkdtempSync(join(tmpdir(), 'cordon-kill-'))
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
    built?.remove()
  })

  it(`loses nothing that was answered, ${KILLS} times`, async (t) => {
    const share = Math.ceil(KILLS / LANES)
    const lanes = Array.from({ length: LANES }, (_, lane) =>
      killAgainAndAgain({ build: join(built.folder, 'build'), folder }, share, seeded(`${SEED} ${lane}`)),
    )
    const answered = (await Promise.all(lanes)).reduce((sum, count) => sum + count, 0)
    t.diagnostic(`${answered} answers, ${share * LANES} kills, seed ${SEED}`)
    assert.ok(answered > KILLS)
  })
})

/** The transpiled program, and where ledgers are made. */
interface Place {
  readonly build: string
  readonly folder: string
}

async function killAgainAndAgain(
  { build, folder: parent }: Place,
  kills: number,
  random: Random,
): Promise<number> {
  let answered = 0
  for (let done = 0; done < kills; done += KILLS_A_LEDGER) {
    const folder = mkdtempSync(join(parent, 'ledger-'))
    const owed = nothingOwed()
    for (let kill = 0; kill < Math.min(KILLS_A_LEDGER, kills - done); kill += 1) {
      const text = await runAndKill(build, folder, random)
      answered += note(text, owed)
      await pays(folder, owed, `kill ${done + kill}`)
    }
    rmSync(folder, { recursive: true, force: true })
  }
  return answered
}

/** Starts a child, kills it at a random moment (of its start, now and then), and returns all that it said. */
async function runAndKill(build: string, folder: string, random: Random): Promise<readonly string[]> {
  const child = spawn(process.execPath, [resolve('test/crash/kill-ledger-child.mjs'), build, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const lines: string[] = []
  const kill = (ms: number): unknown => setTimeout(() => child.kill('SIGKILL'), ms)
  const duringStart = random() < 0.15
  const delay = duringStart ? 40 + random() * 300 : random() * 150
  if (duringStart) kill(delay)
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line)
    if (lines.length === 1 && !duringStart) kill(delay)
  }
  const [code, signal] = (await ended) as [number | null, string | null]
  assert.equal(signal, 'SIGKILL', `the child ended by itself with ${code}: ${lines.at(-1)}`)
  return lines
}

/** Adds the answers to what is owed; returns how many there were. */
function note(lines: readonly string[], owed: Owed): number {
  let count = 0
  for (const line of lines) {
    const [word = '', number] = line.split(' ')
    const answer = ANSWERS.find((one) => one === word)
    if (answer === undefined) continue
    owed[answer].add(Number(number))
    count += 1
  }
  return count
}

async function pays(folder: string, owed: Owed, where: string): Promise<void> {
  const ledger = await openLedger({ folder })
  const erased = await erasedBlocks(ledger)
  for (const id of owed.redacted) assert.ok(erased.has(id), `${where}: redaction of ${id}`)
  const lost = [...owed.created].filter((id) => !erased.has(id) && !stands(ledger, id, owed))
  assert.deepEqual(lost, [], where)
  assert.deepEqual(unpaid(ledger, owed, erased), [], where)
  const { seq } = ledger.head
  await ledger.close()
  const verified = await verifyLedger(await folderFiles(folder))
  assert.deepEqual([verified.lastSeq, verified.dropped], [seq, undefined], where)
}

/** Blocks that a redaction names, also one that was recorded and not answered. */
async function erasedBlocks(ledger: FileLedger): Promise<Set<number>> {
  const erased = new Set<number>()
  for await (const { event } of ledger.history())
    if (event.type === 'redacted') for (const id of event.blocks) erased.add(id)
  return erased
}

/** What was answered about agreement, coverage, leases and brakes, and is not there. */
function unpaid({ head }: FileLedger, owed: Owed, erased: ReadonlySet<number>): string[] {
  const { blocks, breakers, muted, inventory } = head
  const holds: Readonly<
    Record<'proposed' | 'agreed' | 'covered' | 'moved' | 'muted', (id: number) => boolean>
  > = {
    proposed: (id) => blocks.get(id)?.target.kind === 'department',
    agreed: (id) => blocks.get(id)?.wanted === 'on' && blocks.get(id)?.agreed?.join() === 'p1,p2',
    covered: (id) => blocks.get(id)?.expansion?.join() === '198.19.0.0/25' && inventory !== undefined,
    moved: (id) => {
      const block = blocks.get(id)
      return (
        block?.target.kind === 'host' && block.target.prefix === '198.19.1.1/32' && block.flag !== undefined
      )
    },
    muted: (id) => muted.has(`t${id}`) && breakers.has(`source:t${id}`),
  }
  return Object.entries(holds).flatMap(([answer, there]) =>
    [...owed[answer as keyof typeof holds]]
      .filter((id) => !erased.has(id) && !there(id))
      .map((id) => `${answer} ${id}`),
  )
}

function stands(ledger: FileLedger, id: number, owed: Owed): boolean {
  const block = ledger.head.blocks.get(id)
  if (block === undefined) return false
  return !owed.released.has(id) || block.wanted === 'off'
}
