import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { FROM_SOURCE, type Program } from '../helpers/controller.ts'
import type { Figure } from './figures.ts'
import { Load } from './load.ts'
import { type Site, threeMemoryDevices } from './site.ts'
import { measureStalls } from './stalls.ts'
import { largest, median } from './statistics.ts'
import { Subject } from './subject.ts'
import { type Bench, REPETITIONS } from './suite.ts'

const DEVICES = 3

/** What a hundred thousand blocks cost: memory, pauses, and the time of a start. */
export async function scale(bench: Bench): Promise<readonly Figure[]> {
  const blocks = bench.quick ? 5_000 : 100_000
  // Often enough that several checkpoints fall into what is measured.
  const site = threeMemoryDevices(join(bench.folder, 'scale'), { checkpointEvents: bench.count(10_000) })
  const load = new Load()
  try {
    const memory = await measureMemory(bench, blocks, load)
    const stalls = await measureStalls({ bench, blocks, load, site })
    const built = await measureStarts(bench, bench.program, site, stalls.left)
    bench.say('the same start under tsx')
    const source = await measureStarts(bench, FROM_SOURCE, site, stalls.left)
    return [
      memory,
      stalls.figure,
      startFigure('scale.start.100k', built.inSync),
      startFigure('scale.start.100k.ready', built.ready),
      startFigure('scale.start.100k.tsx', source.inSync),
    ]
  } finally {
    await load.end()
    rmSync(site.folder, { recursive: true, force: true })
  }
}

interface Heap {
  readonly heapUsed: number
  readonly external: number
}

/** On a ledger of its own, whose blocks are all in force and which did nothing else. */
async function measureMemory(bench: Bench, blocks: number, load: Load): Promise<Figure> {
  bench.say(`${blocks} blocks on ${DEVICES} devices: live heap before and after`)
  const runs: number[] = []
  const first = 1_000
  for (let count = 0; count < REPETITIONS; count += 1) {
    const site = threeMemoryDevices(join(bench.folder, `memory-${count}`))
    const subject = await Subject.start(bench.program, site, { probe: true })
    try {
      // What the first requests of any kind leave behind is no block's.
      await subject.fill(load, first, 'outside')
      const before = await subject.probe<Heap>('heap')
      await subject.addTo(load, first, blocks, 'outside')
      const after = await subject.probe<Heap>('heap')
      runs.push((live(after) - live(before)) / (blocks - first))
    } finally {
      await subject.end()
      rmSync(site.folder, { recursive: true, force: true })
    }
  }
  const note = 'with what the three devices in memory hold themselves, which real ones hold elsewhere'
  return { name: 'scale.memory.per-block', n: blocks, value: median(runs), runs, note }
}

function live({ heapUsed, external }: Heap): number {
  return heapUsed + external
}

interface Starts {
  readonly ready: number[]
  readonly inSync: number[]
}

/** Seconds from the start of the process until it takes decisions, and until every device holds everything. */
async function measureStarts(bench: Bench, program: Program, site: Site, blocks: number): Promise<Starts> {
  bench.say(`starting with ${blocks} blocks, ${REPETITIONS} times`)
  const starts: Starts = { ready: [], inSync: [] }
  for (let count = 0; count < REPETITIONS; count += 1) {
    const subject = new Subject(program, site)
    try {
      await subject.ready()
      starts.ready.push((performance.now() - subject.started) / 1_000)
      await subject.inSync(blocks)
      starts.inSync.push((performance.now() - subject.started) / 1_000)
    } finally {
      await subject.end()
    }
  }
  return starts
}

function startFigure(name: string, seconds: readonly number[]): Figure {
  return {
    name,
    n: seconds.length,
    value: median(seconds),
    runs: seconds,
    note: `at worst ${largest(seconds).toFixed(2)} s`,
  }
}
