import { type Clock, sleep } from '../../src/domain/clock.ts'
import type { SwitchRule } from '../../src/domain/rule.ts'
import { AdapterError } from '../adapter.ts'
import type { Panel, Position, Sight } from '../switching/panel.ts'
import type { Answer, Control } from '../transport/bird-control.ts'

/** How long a protocol on its way is waited for: with many routes BIRD takes seconds to flush them. */
const SETTLES_WITHIN_MS = 2_000
const LOOK_AGAIN_MS = 20

/** Codes of BIRD's replies from here on are refusals. */
const REFUSED = 8000

/** The protocols of a BIRD, over its control socket: `down` is a disabled one, and only that. */
export class ProtocolPanel implements Panel {
  readonly #control: Control
  readonly #clock: Clock
  /** When BIRD had read its file, in its own words, before the last reading began. */
  #configured: string | undefined
  #configuredAnew = false

  constructor(control: Control, clock: Clock) {
    this.#control = control
    this.#clock = clock
  }

  /** Whether BIRD has read its file since the reading before the last one: that enables what was disabled. */
  get configuredAnew(): boolean {
    return this.#configuredAnew
  }

  async read(rules: readonly SwitchRule[], signal: AbortSignal): Promise<ReadonlyMap<string, Sight>> {
    if (rules.length === 0) return new Map()
    // Asked before and after: it may read its file while the protocols are listed.
    const before = await this.#lastConfigured(signal)
    const sights = await this.#settledSights(rules, signal)
    const after = await this.#lastConfigured(signal)
    this.#configuredAnew = isLater(after, this.#configured ?? before)
    this.#configured = before
    return sights
  }

  async #settledSights(rules: readonly SwitchRule[], signal: AbortSignal): Promise<Map<string, Sight>> {
    const limit = this.#clock.monotonic() + SETTLES_WITHIN_MS
    for (;;) {
      const sights = await this.#sights(rules, signal)
      const isMoving = [...sights.values()].includes('moving')
      if (!isMoving || this.#clock.monotonic() >= limit) return sights
      await sleep(this.#clock, LOOK_AGAIN_MS, signal)
    }
  }

  async turn({ name }: SwitchRule, to: Position, signal: AbortSignal): Promise<void> {
    const answer = await this.#ask(`${to === 'up' ? 'enable' : 'disable'} ${name}`, signal)
    if (answer.code >= REFUSED) throw new AdapterError('rejected', wordsOf(answer))
  }

  async #sights(rules: readonly SwitchRule[], signal: AbortSignal): Promise<Map<string, Sight>> {
    const answer = await this.#ask('show protocols', signal)
    if (answer.code >= REFUSED) throw new AdapterError('rejected', wordsOf(answer))
    const states = statesIn(answer.lines)
    const sights = new Map<string, Sight>()
    for (const { key, name } of rules) sights.set(key, states.get(name) ?? (await this.#absent(name, signal)))
    return sights
  }

  async #lastConfigured(signal: AbortSignal): Promise<string> {
    const { lines } = await this.#ask('show status', signal)
    return lines.find((line) => line.includes('Last reconfiguration')) ?? ''
  }

  /** BIRD's own words for a protocol that it does not have. */
  async #absent(name: string, signal: AbortSignal): Promise<Sight> {
    const answer = await this.#ask(`show protocols "${name}"`, signal)
    // It may have come in the meantime.
    return statesIn(answer.lines).get(name) ?? { absent: `${name}: ${wordsOf(answer)}` }
  }

  /** @throws AdapterError when the signal is aborted or the connection ends before the reply */
  async #ask(command: string, signal: AbortSignal): Promise<Answer> {
    const answer = await unlessAborted(this.#control.ask(command), signal)
    if (answer === undefined) throw new AdapterError('unreachable', 'BIRD closed the connection')
    return answer
  }
}

/** BIRD works the time out anew for each answer, from two clocks, so that it wavers: by more when the machine is busy. */
const WAVERS_MS = 250

/** Whether BIRD has read its file later, as it says, than it said before. */
export function isLater(now: string, before: string): boolean {
  const [at, then] = [now, before].map((words) =>
    Date.parse(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+/.exec(words)?.[0] ?? ''),
  )
  // Where the router's own format of times has no parts of a second, the same time has the same words.
  if (at === undefined || then === undefined || Number.isNaN(at - then)) return now !== before
  return Math.abs(at - then) > WAVERS_MS
}

/** Lines such as `museum     BGP        ---        start  08:39:28.175  Active`; the first is a heading. */
function statesIn(lines: readonly string[]): ReadonlyMap<string, Sight> {
  const found = new Map<string, Sight>()
  for (const line of lines) {
    const [, name, state] = /^\s*(\S+)\s+\S+\s+\S+\s+(up|start|down|stop|flush)\s/.exec(`${line} `) ?? []
    if (name !== undefined && state !== undefined) found.set(name, SIGHTS[state] ?? 'moving')
  }
  return found
}

/** One that is enabled and cannot reach its neighbour is in `start`: it is up, as far as administration goes. */
const SIGHTS: Readonly<Record<string, Sight>> = { up: 'up', start: 'up', down: 'down' }

function wordsOf({ code, last, lines }: Answer): string {
  return `BIRD answered ${String(code).padStart(4, '0')} ${last.trim() || lines.join(' ')}`.trim()
}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const givenUp = (): AdapterError => new AdapterError('timeout', 'the call was given up')
  if (signal.aborted) throw givenUp()
  let stop = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(givenUp())
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
