/** One packet of a flow, with both of its times on the shared clock. */
export interface Passed {
  readonly seq: number
  readonly sentAt: number
  readonly receivedAt: number
}

/** Packets with consecutive numbers that all came through. */
export interface Run {
  readonly firstSeq: number
  readonly lastSeq: number
  readonly firstSent: number
  readonly firstAt: number
  readonly lastSent: number
  readonly lastAt: number
  readonly silenceMs: number
}

export interface Sent {
  readonly seq: number
  readonly sentAt: number
}

/** How whole a flow was since its first packet came through; what was lost to address resolution before is not its. */
export interface Gaps {
  readonly sent: number
  readonly received: number
  readonly missing: number
  /** the longest stretch of sending time of which nothing came through */
  readonly largestHoleMs: number
  /** the longest time without a packet at the receiver, lost ones or not: a stall of the machine shows here too */
  readonly largestSilenceMs: number
  /** the longest time that the sender itself paused */
  readonly largestPauseMs: number
}

/** A packet that has not arrived this long after it was sent is lost. */
const TRANSIT_MS = 5

/** No kernel holds packets back this long; so it ends when the neighbours were stopped too. */
const BEYOND_DOUBT_MS = 500

/** What is known of one flow, folded from the reports of its two ends, which come in any order. */
export class FlowTrack {
  readonly #runs: Run[] = []
  #unsettled: Sent[] = []
  #settled: Sent = { seq: 0, sentAt: 0 }
  #late = 0
  #pauseMs = 0

  addRun(run: Run): void {
    const last = this.#runs.at(-1)
    if (last && run.firstSeq === last.lastSeq + 1) {
      const { lastSeq, lastSent, lastAt } = run
      const silenceMs = Math.max(last.silenceMs, run.silenceMs)
      this.#runs[this.#runs.length - 1] = { ...last, lastSeq, lastSent, lastAt, silenceMs }
    } else {
      this.#runs.push(run)
    }
  }

  addLate(): void {
    this.#late += 1
  }

  addSent(sent: Sent, pauseMs: number): void {
    this.#unsettled.push(sent)
    this.#pauseMs = Math.max(this.#pauseMs, pauseMs)
  }

  /** Everything that arrived before `watermark` has been reported: what was sent well before is now settled. */
  settle(watermark: number): void {
    const open = this.#unsettled.findIndex((sent) => sent.sentAt + TRANSIT_MS > watermark)
    const done = open === -1 ? this.#unsettled : this.#unsettled.slice(0, open)
    this.#settled = done.at(-1) ?? this.#settled
    this.#unsettled = open === -1 ? [] : this.#unsettled.slice(open)
  }

  /** @throws RangeError while nothing has come through */
  get first(): Passed {
    const run = this.#runs[0]
    if (run) return { seq: run.firstSeq, sentAt: run.firstSent, receivedAt: run.firstAt }
    throw new RangeError('nothing has come through yet')
  }

  get last(): Passed | undefined {
    const run = this.#runs.at(-1)
    return run && { seq: run.lastSeq, sentAt: run.lastSent, receivedAt: run.lastAt }
  }

  /**
   * The last packet through, once `quietMs` of sending, some of it later than `after`, have come to nothing.
   * Only what was sent before `passableUntil` counts: a busy kernel may hold back every flow for as long.
   */
  stoppedAt(after: number, quietMs: number, passableUntil: number): Passed | undefined {
    const { last } = this
    const settled = this.#settled.sentAt
    if (!last || settled <= after) return undefined
    const isQuiet = Math.min(settled, passableUntil) - last.sentAt >= quietMs
    return isQuiet || settled - last.sentAt >= Math.max(quietMs, BEYOND_DOUBT_MS) ? last : undefined
  }

  /** The first packet through later than `after` that follows a hole. */
  resumedAt(after: number): Passed | undefined {
    const run = this.#runs.find((one, at) => at > 0 && one.firstAt > after)
    return run && { seq: run.firstSeq, sentAt: run.firstSent, receivedAt: run.firstAt }
  }

  gaps(): Gaps {
    let missing = 0
    let largestHoleMs = 0
    let largestSilenceMs = 0
    let received = this.#late
    for (const [at, run] of this.#runs.entries()) {
      received += run.lastSeq - run.firstSeq + 1
      largestSilenceMs = Math.max(largestSilenceMs, run.silenceMs)
      const before = this.#runs[at - 1]
      if (!before) continue
      missing += run.firstSeq - 1 - before.lastSeq
      largestHoleMs = Math.max(largestHoleMs, run.firstSent - before.lastSent)
      largestSilenceMs = Math.max(largestSilenceMs, run.firstAt - before.lastAt)
    }
    const { last } = this
    const tail = this.#settled.seq - (last?.seq ?? 0)
    if (tail > 0) largestHoleMs = Math.max(largestHoleMs, this.#settled.sentAt - (last?.sentAt ?? 0))
    const sent = Math.max(this.#settled.seq, last?.seq ?? 0) - (this.#runs[0]?.firstSeq ?? 1) + 1
    const lost = missing + Math.max(0, tail) - this.#late
    return { sent, received, missing: lost, largestHoleMs, largestSilenceMs, largestPauseMs: this.#pauseMs }
  }
}
