import { between, type Random } from '../random.ts'

/** Most bytes that are sent at once: long outputs come in many packets, and none of them ends at a line. */
const LARGEST = 200

/** Cuts an output where chance will have it. */
export function inPieces(text: string, random: Random): Buffer[] {
  const bytes = Buffer.from(text, 'latin1')
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + between(random, 1, LARGEST)
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}
