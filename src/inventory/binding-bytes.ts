import { hash } from 'node:crypto'
import { BindingColumns, COLUMN_NAMES, Texts } from './binding-columns.ts'

/** What a file of bindings begins with; another writing gets another number. */
const MAGIC = 'cordon-bindings-1\n'
const DIGEST = 32
const WORD = 8

/** Bytes that are no bindings, or were changed since. */
export class BindingsDamaged extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'BindingsDamaged'
  }
}

/**
 * Bindings as bytes, to be read back in a fraction of the time that their text takes: a line of JSON with the texts,
 * filled up to whole words, the columns one after the other in this machine's order of bytes, and a SHA-256 of it all.
 */
export function bindingBytes(columns: BindingColumns): Uint8Array {
  const { size } = columns
  const head = Buffer.from(`${MAGIC}${JSON.stringify({ size, texts: columns.texts.list })}\n`)
  const begin = wholeWords(head.length)
  const parts = COLUMN_NAMES.numbers
    .map((name): Uint8Array => bytesOf(columns.numbers[name].subarray(0, size)))
    .concat(COLUMN_NAMES.ids.map((name) => bytesOf(columns.ids[name].subarray(0, size))))
  const body = Buffer.concat([head, Buffer.alloc(begin - head.length), ...parts])
  return Buffer.concat([body, digestOf(body)])
}

/** @throws BindingsDamaged */
export function bindingsOfBytes(bytes: Uint8Array): BindingColumns {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const body = all.subarray(0, Math.max(0, all.length - DIGEST))
  if (all.subarray(0, MAGIC.length).toString() !== MAGIC) throw new BindingsDamaged('it holds no bindings')
  if (!digestOf(body).equals(all.subarray(body.length)))
    throw new BindingsDamaged('it was changed, or cut off, since it was written')
  const lineEnd = body.indexOf('\n', MAGIC.length)
  const head = JSON.parse(body.subarray(MAGIC.length, lineEnd).toString()) as {
    size: number
    texts: string[]
  }
  const columns = new BindingColumns(new Texts(head.texts), head.size)
  columns.size = head.size
  let at = wholeWords(lineEnd + 1)
  const fill = (column: Float64Array | Uint32Array): void => {
    bytesOf(column).set(body.subarray(at, at + column.byteLength))
    at += column.byteLength
  }
  for (const name of COLUMN_NAMES.numbers) fill(columns.numbers[name])
  for (const name of COLUMN_NAMES.ids) fill(columns.ids[name])
  return columns
}

function wholeWords(length: number): number {
  return Math.ceil(length / WORD) * WORD
}

function bytesOf({ buffer, byteOffset, byteLength }: Float64Array | Uint32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

function digestOf(body: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', body, 'hex'), 'hex')
}
