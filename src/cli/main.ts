import { EXIT } from './exit.ts'
import { run } from './run.ts'
import { systemIo } from './system-io.ts'

/** Runs the command line of this process. The first Ctrl-C ends it in order, the second at once. */
export async function main(): Promise<void> {
  const stop = new AbortController()
  process.on('SIGINT', () => {
    if (stop.signal.aborted) process.exit(EXIT.interrupted)
    stop.abort()
  })
  // `cordon blocks | head` closes our output while we write: nobody listens any more, and the work goes on.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  process.exitCode = await run(process.argv.slice(2), systemIo(stop.signal))
}
