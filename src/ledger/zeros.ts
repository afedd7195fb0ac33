const ZEROS = Buffer.alloc(1 << 16)

/** Whether all bytes are zero; compared in strokes, because files hold megabytes of secured space. */
export function isZero(data: Buffer): boolean {
  for (let at = 0; at < data.length; at += ZEROS.length) {
    const part = data.subarray(at, at + ZEROS.length)
    if (ZEROS.compare(part, 0, part.length, 0, part.length) !== 0) return false
  }
  return true
}
