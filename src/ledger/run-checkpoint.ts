import { startWorker } from '../worker/start-worker.ts'
import type { CheckpointJob } from './checkpoint-worker.ts'

/** Makes a checkpoint in a worker of its own, so that the main thread does nothing for it. */
export function runCheckpoint(job: CheckpointJob): { readonly done: Promise<void>; stop(): Promise<void> } {
  const worker = startWorker('./checkpoint-worker', import.meta.url, job)
  worker.unref()
  let stopped = false
  const done = new Promise<void>((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', (code) =>
      code === 0 || stopped ? resolve() : reject(new Error(`the checkpoint worker ended with ${code}`)),
    )
  })
  return {
    done,
    stop: async () => {
      stopped = true
      await worker.terminate()
    },
  }
}
