import type { LedgerFile } from './files.ts'
import type { Segment } from './segment.ts'
import { isZero } from './zeros.ts'

/** Space kept back in each file for releases when the disk is full, in bytes. */
export const RESERVE = 1 << 20

/** How far ahead of the writing position space is secured, in bytes. */
const AHEAD = 6 << 20

/** Written at once when space is secured; small, so that a commit beside it does not wait long. */
const STEP = 1 << 20

const ZEROS = new Uint8Array(STEP)

/** A file whose space ahead of the writing position is already on disk, as zeros. */
export class SecuredFile {
  readonly file: LedgerFile
  /** Where the next byte goes. */
  position: number
  #secured: number

  private constructor(file: LedgerFile, position: number, secured: number) {
    this.file = file
    this.position = position
    this.#secured = secured
  }

  /** Takes a file over at `position` and clears what a dropped line left behind it. */
  static async take(file: LedgerFile, position: number): Promise<SecuredFile> {
    const size = await file.size()
    for (let at = position; at < size; at += STEP) {
      const rest = await file.read(at, Math.min(STEP, size - at))
      if (!isZero(rest)) await file.write(ZEROS.subarray(0, rest.length), at)
    }
    return new SecuredFile(file, position, Math.max(size, position))
  }

  get room(): number {
    return this.#secured - this.position
  }

  /** Whether there is less room than {@link AHEAD}, or than `least` bytes if that is more. */
  wants(least: number): boolean {
    return this.room < Math.max(AHEAD, least)
  }

  /** Secures a step more. Rejects when the disk is full. */
  async secureStep(): Promise<void> {
    await this.file.write(ZEROS, this.#secured)
    this.#secured += STEP
  }

  /** Gives the space behind the last line back; nothing is written to the file any more. */
  async seal(): Promise<void> {
    await this.file.truncate(this.position)
  }
}

/** A segment that is being written. */
export interface OpenSegment {
  readonly number: number
  readonly chain: SecuredFile
  readonly side: SecuredFile
}

export async function takeSegment(segment: Segment, chain: number, side: number): Promise<OpenSegment> {
  return {
    number: segment.number,
    chain: await SecuredFile.take(segment.chain, chain),
    side: await SecuredFile.take(segment.side, side),
  }
}

/** Whether both files have room for `bytes`; the reserve counts only for what must always be recordable. */
export function hasRoom(segment: OpenSegment, bytes: number, always: boolean): boolean {
  const needed = bytes + (always ? 0 : RESERVE)
  return segment.chain.room >= needed && segment.side.room >= needed
}

/** Whether it is time to secure more. */
export function runsLow(segment: OpenSegment): boolean {
  return segment.chain.room < AHEAD / 2 || segment.side.room < AHEAD / 2
}

/** Secures both files; when the space does not suffice for all of it, neither file takes it from the other. */
export async function secureSegment({ chain, side }: OpenSegment, least = 0): Promise<void> {
  const behind = (): SecuredFile => (side.room < chain.room ? side : chain)
  while (behind().wants(least)) await behind().secureStep()
}
