import { AdapterError } from '../adapter.ts'
import type { Refusals } from '../configured/device.ts'
import { type Complaint, complaintIn } from '../transport/shell/platform.ts'
import type { Shell } from '../transport/shell/shell.ts'
import type { Answer } from '../transport/shell/transcript.ts'
import { Unanswered } from '../transport/unanswered.ts'
import { pasteDeadlineMs, STEP_WITHIN_MS } from './deadlines.ts'
import type { CliDriver, Edit, Plan, Section } from './driver.ts'

/** Types plans into a shell. */
export class Typing {
  readonly signal: AbortSignal
  readonly #shell: Shell
  readonly #driver: CliDriver
  readonly #standing: number
  #hasTyped = false

  /** @param standing how many entries of ours there are: old devices need time for each */
  constructor(shell: Shell, driver: CliDriver, standing: number, signal: AbortSignal) {
    this.signal = signal
    this.#shell = shell
    this.#driver = driver
    this.#standing = standing
  }

  /** Whether anything was typed that may have changed something. */
  get hasTyped(): boolean {
    return this.#hasTyped
  }

  /**
   * @returns why rules were refused whose lines were; the others of the plan count
   * @throws Unanswered when nobody knows what counts; AdapterError when nothing of the plan does
   */
  async run({ sections }: Plan): Promise<Refusals> {
    const refusals = new Map<string, AdapterError>()
    if (sections.length === 0) return refusals
    await this.#begin()
    const placed = sections.filter(({ place }) => place !== undefined)
    const edits = sections.filter(({ place }) => place === undefined).flatMap((section) => section.edits)
    for (const section of placed) await this.#inPlace(section, refusals)
    if (this.#driver.way.commit !== undefined) await this.#commit(this.#driver.way.commit, refusals)
    const { end } = this.#driver.way
    await this.#paste(edits, end, this.#driver.platform.exec, refusals)
    return refusals
  }

  async #begin(): Promise<void> {
    const { begin, mode } = this.#driver.way
    try {
      for (const line of begin) await this.#step(line)
    } catch (error) {
      if (error instanceof Unanswered) throw new AdapterError(error.class, error.message, error.code)
      throw error
    }
    if (this.#shell.mode !== mode) throw this.#lost(mode)
  }

  /** A place that cannot be reached is not typed into: its lines would count for whatever is there instead. */
  async #inPlace({ place, edits }: Section, refusals: Map<string, AdapterError>): Promise<void> {
    if (place === undefined) return
    const { way } = this.#driver
    this.#hasTyped = true
    const { answer, refused } = await this.#ask(place.line)
    if (refused !== undefined && answer.mode === way.mode) return refuse(edits, refused, refusals)
    if (answer.mode !== place.mode || refused !== undefined) throw this.#lost(place.mode)
    await this.#paste(edits, way.leave, way.mode, refusals)
  }

  /** @param last leads to the mode `until`, whose prompt says that everything is worked through */
  async #paste(
    edits: readonly Edit[],
    last: string,
    until: string,
    refusals: Map<string, AdapterError>,
  ): Promise<void> {
    if (edits.length > 0) this.#hasTyped = true
    const answers = await this.#shell.paste([...edits.map(({ line }) => line), last], until, {
      withinMs: pasteDeadlineMs(edits.length, this.#standing),
      signal: this.signal,
    })
    for (const [index, edit] of edits.entries()) {
      const refused = complaintIn(answers[index]?.lines ?? [], this.#driver.platform.errors)
      if (refused !== undefined) refuse([edit], refused, refusals)
    }
  }

  /** All counts, or nothing: where a line was refused, nothing is committed. */
  async #commit(
    { line, abort }: { readonly line: string; readonly abort: string },
    refusals: ReadonlyMap<string, AdapterError>,
  ): Promise<void> {
    const [refusal] = refusals.values()
    const { refused } = refusal === undefined ? await this.#ask(line) : { refused: undefined }
    if (refusal === undefined && refused === undefined) return
    await this.#step(abort)
    throw refusal ?? new AdapterError(refused?.class ?? 'rejected', refused?.words ?? line)
  }

  /** @throws AdapterError when it is refused */
  async #step(line: string): Promise<void> {
    const { refused } = await this.#ask(line)
    if (refused !== undefined) throw new AdapterError(refused.class, refused.words)
  }

  async #ask(line: string): Promise<{ readonly answer: Answer; readonly refused: Complaint | undefined }> {
    const answer = await this.#shell.ask(line, { withinMs: STEP_WITHIN_MS, signal: this.signal })
    return { answer, refused: complaintIn(answer.lines, this.#driver.platform.errors) }
  }

  /** It is somewhere else than where it was led to: nothing more can be typed there. */
  #lost(wanted: string): AdapterError {
    const words = `it was led to ${wanted} and is in ${this.#shell.mode}`
    const error = this.#hasTyped
      ? new Unanswered('unreachable', words, 'garbled')
      : new AdapterError('unreachable', words, 'garbled')
    this.#shell.finish(error)
    return error
  }
}

function refuse(
  edits: readonly Edit[],
  { class: given, words }: Complaint,
  refusals: Map<string, AdapterError>,
): void {
  for (const key of edits.flatMap(({ keys }) => keys)) refusals.set(key, new AdapterError(given, words))
}
