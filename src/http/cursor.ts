import { AppError } from '../app/app-error.ts'

/** A cursor is opaque to clients, so that what it holds may change. */
export function cursorOf(id: number): string {
  return Buffer.from(`b${id}`).toString('base64url')
}

/** @throws AppError `cursor-invalid` */
export function readCursor(cursor: string): number {
  const id = /^b([1-9]\d{0,14})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1]
  if (id === undefined) {
    throw new AppError(400, 'cursor-invalid', 'cursor: take it from the answer of the page before', {
      path: 'cursor',
    })
  }
  return Number(id)
}
