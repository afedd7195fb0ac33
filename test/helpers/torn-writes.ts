import { isZero } from '../../src/ledger/zeros.ts'
import type { DiskChange, FileCall, Moment } from './file-calls.ts'
import type { Disk } from './memory-files.ts'
import { PAGE, SparseBytes } from './sparse-bytes.ts'

/** A disk as a crash can leave it. */
export interface CrashImage {
  readonly call: FileCall
  /** What became of the changes under way. */
  readonly how: string
  readonly disk: Disk
}

interface Outcome {
  readonly how: string
  apply(disk: Map<string, SparseBytes>): void
}

/** What a drive writes as a whole, in bytes: a page may be torn between two of them. */
const SECTOR = 512

/** All outcomes of one change under way, with all of the others. */
export function* crashImagesOf(moments: readonly Moment[]): Generator<CrashImage> {
  for (const { disk, underWay, call } of moments) {
    for (const outcomes of combinations(underWay.map((change) => outcomesOf(change, disk)))) {
      const image = new Map([...disk].map(([name, body]) => [name, body.copy()]))
      for (const outcome of outcomes) outcome.apply(image)
      yield { call, how: outcomes.map(({ how }) => how).join(', '), disk: image }
    }
  }
}

function combinations(lists: readonly (readonly Outcome[])[]): readonly (readonly Outcome[])[] {
  return lists.reduce<readonly (readonly Outcome[])[]>(
    (sofar, list) => sofar.flatMap((before) => list.map((outcome) => [...before, outcome])),
    [[]],
  )
}

function outcomesOf(change: DiskChange, disk: Disk): readonly Outcome[] {
  const what = `${change.kind} ${change.name}`
  const none: Outcome = { how: `${what}: not done`, apply: () => {} }
  if (change.kind === 'write') return [none, ...tornWrites(change, disk.get(change.name)?.length ?? 0)]
  return [none, { how: `${what}: done`, apply: (image) => applyWhole(image, change) }]
}

function applyWhole(image: Map<string, SparseBytes>, change: Exclude<DiskChange, { kind: 'write' }>): void {
  const body = image.get(change.name) ?? SparseBytes.from(Buffer.alloc(0))
  switch (change.kind) {
    case 'create':
      image.set(change.name, body)
      return
    case 'truncate':
      return body.resize(change.length)
    case 'replace':
      image.set(change.to, body)
      image.delete(change.name)
      return
    case 'remove':
      image.delete(change.name)
  }
}

type Write = Extract<DiskChange, { kind: 'write' }>

function tornWrites(change: Write, size: number): Outcome[] {
  const { name, data, position } = change
  const end = position + data.length
  const longer: Outcome[] =
    end > size ? [{ how: `${name} longer with zeros`, apply: (image) => image.get(name)?.resize(end) }] : []
  if (isZero(Buffer.from(data.buffer, data.byteOffset, data.length))) return longer
  return [
    ...longer,
    ...pieces(position, end).map(({ how, from, to }) => ({
      how: `write ${name} at ${position}: ${how}`,
      apply: (image: Map<string, SparseBytes>) =>
        image.get(name)?.write(data.subarray(from - position, to - position), from),
    })),
  ]
}

/** Parts of a write that may be all that reached the disk. */
function pieces(start: number, end: number): { how: string; from: number; to: number }[] {
  const page = (Math.floor(start / PAGE) + 1) * PAGE
  const lastPage = Math.floor((end - 1) / PAGE) * PAGE
  const sector = (Math.floor(start / SECTOR) + 1) * SECTOR
  const parts = [
    { how: 'all', from: start, to: end },
    { how: 'first page', from: start, to: page },
    { how: 'all but the first page', from: page, to: end },
    { how: 'last page', from: lastPage, to: end },
    { how: 'first sector', from: start, to: sector },
    { how: 'all but the first sector', from: sector, to: end },
    { how: 'all but the last byte', from: start, to: end - 1 },
  ]
  return parts.filter(
    ({ how, from, to }) =>
      how === 'all' || (from < to && from >= start && to <= end && to - from < end - start),
  )
}
