import type { Lab } from '../lab-handle.ts'
import { type Flow, type Probe, startProbe } from './probe.ts'

export interface WatchOptions {
  readonly from: string
  readonly flow: Flow
  readonly seconds: number | undefined
  readonly say: (line: string) => void
}

/** For a person at a terminal: one line whenever the flow stops or comes back, and what was lost at the end. */
export async function watchFlow(lab: Lab, options: WatchOptions): Promise<void> {
  const { flow, say } = options
  const probe = await startProbe(lab, { from: options.from, flows: [flow] })
  const began = probe.mark()
  const end = endOfWatch(options.seconds)
  say(`${options.from} sends ${flow.hz} packets a second to ${lab.addressOf(flow.to, flow.family)}`)
  await Promise.race([end, tellChanges(probe, flow.name, began, say)])
  say(JSON.stringify(probe.gaps(flow.name)))
  await probe.stop()
}

async function tellChanges(
  probe: Probe,
  flow: string,
  began: number,
  say: (line: string) => void,
): Promise<never> {
  const at = (ms: number): string => `${((ms - began) / 1000).toFixed(4)} s`
  for (let after = began; ; ) {
    const { lastThrough } = await probe.stopped(flow, { after, deadlineMs: Number.POSITIVE_INFINITY })
    say(`${at(lastThrough.receivedAt)}  stopped, the last packet through was number ${lastThrough.seq}`)
    after = lastThrough.receivedAt
    const { firstBack } = await probe.resumed(flow, { after, deadlineMs: Number.POSITIVE_INFINITY })
    say(`${at(firstBack.receivedAt)}  back, with number ${firstBack.seq}`)
    after = firstBack.receivedAt
  }
}

async function endOfWatch(seconds: number | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    if (seconds !== undefined) setTimeout(resolve, seconds * 1000)
  })
}
