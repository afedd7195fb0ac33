import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Load } from './load.ts'

/** Requests a second of a bare server, to see what the machine can do at this moment. */
export async function bareRate(folder: string, load: Load, requests: number): Promise<number> {
  const script = join(import.meta.dirname, 'bare-server.mjs')
  const child = spawn(process.execPath, [script, join(folder, 'bare.log')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const order = { port: Number(line), token: '', clients: 8, batch: 1, first: 0, hosts: 'outside' as const }
    await load.run({ ...order, requests: Math.ceil(requests / 3) })
    const { seconds, failed, firstFailure } = await load.run({ ...order, requests })
    if (failed > 0) throw new Error(`the bare server refused ${failed} requests: ${firstFailure}`)
    return requests / seconds
  } finally {
    child.kill()
    await ended
  }
}
