import { Worker } from 'node:worker_threads'
import type { CheckpointJob } from './checkpoint-worker.ts'

/** Makes a checkpoint in a worker of its own, so that the main thread does nothing for it. */
export function runCheckpoint(job: CheckpointJob): { readonly done: Promise<void>; stop(): Promise<void> } {
  const source = import.meta.url.endsWith('.ts')
  const module = new URL(source ? './checkpoint-worker.ts' : './checkpoint-worker.js', import.meta.url)
  const worker = new Worker(source ? new URL('./tsx-worker.mjs', import.meta.url) : module, {
    workerData: { ...job, module: module.href },
    execArgv: [],
  })
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
