// A worker cannot be a .ts file under tsx: this plain file makes tsx known in the worker, then loads the module.
import { workerData } from 'node:worker_threads'
import { register } from 'tsx/esm/api'

register()
await import(workerData.module)
