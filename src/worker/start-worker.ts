import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Runs a module of ours in a thread of its own: from its source under tsx, or from the build.
 * @param module path from `base` without its ending, such as `./checkpoint-worker`
 * @param base `import.meta.url` of whoever starts it
 * @param data what the module finds as its `workerData`
 * @param more what it may use, and what of the data is handed over instead of copied
 */
export function startWorker(
  module: string,
  base: string,
  data: object,
  more: Pick<WorkerOptions, 'resourceLimits' | 'transferList'> = {},
): Worker {
  const source = base.endsWith('.ts')
  const url = new URL(`${module}.${source ? 'ts' : 'js'}`, base)
  return new Worker(source ? new URL('./tsx-worker.mjs', import.meta.url) : url, {
    ...more,
    workerData: { ...data, module: url.href },
    execArgv: [],
  })
}
