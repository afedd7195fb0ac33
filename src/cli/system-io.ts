import { randomUUID } from 'node:crypto'
import { createInterface } from 'node:readline/promises'
import { addAbortSignal } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { Io, Sink } from './io.ts'

/** The terminal, the environment and the clock of this process. */
export function systemIo(signal: AbortSignal): Io {
  return {
    env: process.env,
    cwd: process.cwd(),
    uid: process.getuid?.(),
    stdout: sinkOf(process.stdout),
    stderr: sinkOf(process.stderr),
    canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
    ask,
    input: () => addAbortSignal(signal, process.stdin),
    now: () => Date.now(),
    sleep: async (ms, stop) => {
      await setTimeout(ms, undefined, { signal: stop }).catch(() => undefined)
    },
    unique: () => randomUUID(),
    signal,
  }
}

function sinkOf(stream: NodeJS.WriteStream): Sink {
  return {
    isTTY: stream.isTTY === true,
    get columns() {
      return stream.isTTY ? stream.columns : undefined
    },
    write: (text) => {
      stream.write(text)
    },
  }
}

async function ask(question: string, signal: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)))
  // In line mode readline takes Ctrl-C for itself; the process has to hear of it as everywhere else.
  lines.once('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  try {
    return await Promise.race([lines.question(question, { signal }), closed])
  } catch {
    return undefined
  } finally {
    lines.close()
  }
}
