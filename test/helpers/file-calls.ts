import type { Disk } from './memory-files.ts'

/** A change of the disk that a call asks for. */
export type DiskChange =
  | { readonly kind: 'create'; readonly name: string }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'replace'; readonly name: string; readonly to: string }
  | { readonly kind: 'truncate'; readonly name: string; readonly length: number }
  | { readonly kind: 'write'; readonly name: string; readonly data: Uint8Array; readonly position: number }

/** One call of a file function. */
export interface FileCall {
  readonly index: number
  readonly op: 'list' | 'open' | 'remove' | 'replace' | 'size' | 'read' | 'write' | 'truncate' | 'close'
  readonly name: string
  readonly change: DiskChange | undefined
}

/** The disk at the moment when a call began: what had finished, and the changes under way. */
export interface Moment {
  readonly disk: Disk
  readonly underWay: readonly DiskChange[]
  readonly call: FileCall
}
