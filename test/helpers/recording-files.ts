import type { Files, LedgerFile } from '../../src/ledger/files.ts'
import type { DiskChange, FileCall, Moment } from './file-calls.ts'
import { type Disk, type MemoryFiles, memoryFiles, withCode } from './memory-files.ts'
import { type CrashImage, crashImagesOf } from './torn-writes.ts'

export interface RecordingFiles extends Files {
  readonly memory: MemoryFiles
  readonly calls: readonly FileCall[]
  /** Lets the call with this index fail, once. What ENOSPC leaves of a write is its first half. */
  failAt(index: number, code: 'EIO' | 'ENOSPC'): void
  /** While the disk is full, no file can grow. */
  full: boolean
  /** For each call that changes something: the disk as it can be after a crash during it. */
  crashImages(): Generator<CrashImage>
}

/** Memory files that write down each call; `onCall` is told as it begins. */
export function recordingFiles(initial: Disk = new Map(), onCall?: (call: FileCall) => void): RecordingFiles {
  const memory = memoryFiles(initial)
  const recorder = new Recorder(memory, onCall)
  const { run } = recorder
  return {
    memory,
    calls: recorder.calls,
    failAt: (index, code) => recorder.faults.set(index, code),
    get full() {
      return recorder.full
    },
    set full(full: boolean) {
      recorder.full = full
    },
    crashImages: () => crashImagesOf(recorder.moments),
    list: () => run('list', '', undefined, () => memory.list()),
    open: async (name) => {
      const isNew = !(await memory.list()).includes(name)
      const change: DiskChange | undefined = isNew ? { kind: 'create', name } : undefined
      return recorder.wrap(name, await run('open', name, change, () => memory.open(name)))
    },
    remove: (name) => run('remove', name, { kind: 'remove', name }, () => memory.remove(name)),
    replace: (from, to) =>
      run('replace', from, { kind: 'replace', name: from, to }, () => memory.replace(from, to)),
  }
}

class Recorder {
  readonly calls: FileCall[] = []
  readonly moments: Moment[] = []
  readonly faults = new Map<number, 'EIO' | 'ENOSPC'>()
  full = false
  readonly #memory: MemoryFiles
  readonly #onCall: ((call: FileCall) => void) | undefined
  readonly #underWay = new Set<DiskChange>()

  constructor(memory: MemoryFiles, onCall: ((call: FileCall) => void) | undefined) {
    this.#memory = memory
    this.#onCall = onCall
  }

  readonly run = async <T>(
    op: FileCall['op'],
    name: string,
    change: DiskChange | undefined,
    apply: () => Promise<T>,
  ): Promise<T> => {
    const call = { index: this.calls.length, op, name, change }
    this.calls.push(call)
    this.#onCall?.(call)
    if (change !== undefined) {
      this.#underWay.add(change)
      this.moments.push({ disk: this.#memory.disk(), underWay: [...this.#underWay], call })
    }
    // A few turns later, so that calls made side by side are under way together.
    for (let turn = 0; turn < 3; turn += 1) await Promise.resolve()
    if (change !== undefined) this.#underWay.delete(change)
    const fault = this.faults.get(call.index)
    if (fault !== undefined) throw withCode(fault, `${op} ${name}`)
    return apply()
  }

  wrap(name: string, file: LedgerFile): LedgerFile {
    const { run } = this
    return {
      size: () => run('size', name, undefined, () => file.size()),
      read: (position, length) => run('read', name, undefined, () => file.read(position, length)),
      write: (data, position) => this.#write(name, file, data, position),
      truncate: (length) =>
        run('truncate', name, { kind: 'truncate', name, length }, () => file.truncate(length)),
      close: () => run('close', name, undefined, () => file.close()),
    }
  }

  async #write(name: string, file: LedgerFile, data: Uint8Array, position: number): Promise<void> {
    const grows = position + data.length > (await file.size())
    const noSpace = this.full && grows
    const fault = this.faults.get(this.calls.length)
    const change: DiskChange = { kind: 'write', name, data, position }
    await this.run('write', name, change, async () => {
      if (noSpace) throw withCode('ENOSPC', `write ${name}`)
      await file.write(data, position)
    }).catch(async (error: unknown) => {
      if (fault === 'ENOSPC') await file.write(data.subarray(0, data.length >> 1), position)
      throw error
    })
  }
}
