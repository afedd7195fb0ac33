import { type Verified, verifyLedger } from '../../ledger/verify.ts'
import { CliError, EXIT } from '../exit.ts'
import { openForReading } from './read-only-files.ts'

/** What came of a verification. */
export interface Verdict {
  readonly folder: string
  readonly sound: boolean
  /** The verdict in a sentence, or what is wrong. */
  readonly words: string
  readonly read?: string
  readonly checked?: readonly string[]
  /** Number and hash of the last event: kept elsewhere, they prove later that nothing before it was changed. */
  readonly last?: string
  readonly counts?: Verified
}

/** Reads a ledger without changing a byte, also while its controller runs. @throws CliError if there is none */
export async function verifyFolder(folder: string): Promise<Verdict> {
  const files = await openForReading(folder)
  try {
    return verdictOf(folder, await verifyLedger(files))
  } catch (error) {
    if (isOfSystem(error)) throw new CliError(EXIT.failure, `cannot read the ledger: ${error.message}`)
    return { folder, sound: false, words: error instanceof Error ? error.message : String(error) }
  }
}

/** Not being able to read says nothing about what would have been read. */
function isOfSystem(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}

function verdictOf(folder: string, counts: Verified): Verdict {
  const { segments, lines, events, redacted, lastSeq, hash, dropped } = counts
  return {
    folder,
    sound: dropped === undefined,
    words:
      dropped === undefined
        ? 'sound'
        : `the last line does not count (${dropped}): a crash or a running controller can leave it so, and it was never answered; the controller drops it when it starts`,
    read: `${segments} ${segments === 1 ? 'segment' : 'segments'}, ${lines} lines, ${events} events, personal data of ${redacted} events erased`,
    checked: [
      'the hash of every line, and that each follows the one before it',
      'the numbers of the events, without a gap',
      'the personal data beside each line against its digest',
      'that an event explains every erasure',
    ],
    last: `event ${lastSeq}, hash ${hash}`,
    counts,
  }
}
