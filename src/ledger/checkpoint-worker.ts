import { rm } from 'node:fs/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { readCheckpoint, writeCheckpoint } from './checkpoint.ts'
import { folderFiles } from './files.ts'
import { forget } from './fold.ts'
import { loadDurable } from './load.ts'

/** What the main thread tells the worker; everything else it reads from disk by itself. */
export interface CheckpointJob {
  readonly ledger: string
  readonly checkpoint: string
  /** Up to this event the segments are durable; what stands behind may be half written. */
  readonly upTo: number
  readonly now: number
  readonly retainEndedMs: number
}

const job = workerData as CheckpointJob
const files = await folderFiles(job.ledger)
const old = await readCheckpoint(job.checkpoint)
// What cannot be read whole is not built upon: a damaged shard would be named again by every later manifest.
if (old === undefined) await rm(job.checkpoint, { recursive: true, force: true })
const { state, position } = await loadDurable(files, old, job.upTo)
forget(state, job.now - job.retainEndedMs, job.now)
await writeCheckpoint(job.checkpoint, { state, position })
parentPort?.postMessage({ seq: state.seq, blocks: state.blocks.size })
