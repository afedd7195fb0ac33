import Type, { type Static } from 'typebox'
import { type Clock, sleep } from '../../src/domain/clock.ts'
import type { Family } from '../../src/domain/prefix.ts'
import type { Expectation, Seen, WitnessAdapter, WitnessSession } from '../witness.ts'
import { Control } from './control.ts'
import { Expectations, type Watched } from './expectations.ts'
import { allBlackholed, isBlackholed, type Tables } from './routes.ts'

const NAME = Type.String({ pattern: '^[A-Za-z_][A-Za-z0-9_]{0,63}$' })

const birdConfig = Type.Object(
  {
    /** BIRD's control socket; it answers across network namespaces. */
    socket: Type.String({ minLength: 1, maxLength: 107 }),
    table4: Type.Optional(NAME),
    table6: Type.Optional(NAME),
    /** The BGP protocol with the speaker: other blackholes then prove nothing. */
    protocol: Type.Optional(NAME),
    /** Milliseconds between looks at everything; 10 000 unless told. */
    interval: Type.Optional(Type.Integer({ minimum: 50, maximum: 3_600_000 })),
  },
  { additionalProperties: false },
)

type BirdConfig = Static<typeof birdConfig>

/** Watches the routing tables of a BIRD 2 router for blackholes. */
export const birdWitness: WitnessAdapter<typeof birdConfig> = {
  kind: 'bird',
  configSchema: birdConfig,
  // BIRD passes flow specification on and enforces none of it.
  kinds: ['d-rtbh', 's-rtbh'],
  open: (config, env) => Promise.resolve(new BirdSession(config, env.clock)),
}

/** Above this many at a time, one listing costs BIRD less than single questions. */
const MANY = 200
const LONGEST_RETRY_MS = 2_000

class BirdSession implements WitnessSession {
  readonly #path: string
  readonly #tables: Tables
  readonly #interval: number
  readonly #clock: Clock
  readonly #expectations = new Expectations()
  readonly #over = new AbortController()
  #wake = new AbortController()
  #listener: (words: string | undefined) => void = () => undefined
  #trouble: string | undefined
  #running: Promise<void>

  constructor(config: BirdConfig, clock: Clock) {
    this.#path = config.socket
    const { table4 = 'master4', table6 = 'master6', protocol } = config
    this.#tables = { table4, table6, ...(protocol === undefined ? {} : { protocol }) }
    this.#interval = config.interval ?? 10_000
    this.#clock = clock
    this.#running = this.#run()
  }

  watch(expected: readonly Expectation[], onSeen: (seen: Seen) => void): void {
    const now = this.#clock.monotonic()
    for (const expectation of expected) this.#expectations.add(expectation, onSeen, now)
    this.#wake.abort()
  }

  forget(keys: readonly string[]): void {
    for (const key of keys) this.#expectations.remove(key)
  }

  onTrouble(listener: (words: string | undefined) => void): void {
    this.#listener = listener
    if (this.#trouble !== undefined) listener(this.#trouble)
  }

  async close(): Promise<void> {
    this.#over.abort()
    this.#wake.abort()
    await this.#running
  }

  async #run(): Promise<void> {
    let retry = 20
    while (!this.#over.signal.aborted) {
      let control: Control | undefined
      try {
        control = await Control.open(this.#path)
        retry = 20
        await this.#watchOver(control)
      } catch (error) {
        this.#tell(wordsOf(error, this.#path))
      } finally {
        control?.close()
      }
      if (this.#over.signal.aborted) return
      await sleep(this.#clock, retry, this.#over.signal)
      retry = Math.min(retry * 2, LONGEST_RETRY_MS)
    }
  }

  /** Until the connection ends. It begins with a look at everything, as it may be another BIRD than before. */
  async #watchOver(control: Control): Promise<void> {
    const stop = (): void => control.close()
    this.#over.signal.addEventListener('abort', stop)
    control.onClose(() => this.#wake.abort())
    let full = this.#clock.monotonic()
    while (control.isOpen) {
      this.#wake = new AbortController()
      const now = this.#clock.monotonic()
      const everything = now >= full
      await this.#look(control, everything ? this.#expectations.all() : this.#expectations.due(now))
      if (!control.isOpen) break
      if (everything) full = this.#clock.monotonic() + this.#interval
      this.#tell(undefined)
      const next = Math.min(full, this.#expectations.nextDue() ?? full)
      await sleep(this.#clock, Math.max(next - this.#clock.monotonic(), 0), this.#wake.signal)
    }
    this.#over.signal.removeEventListener('abort', stop)
    if (!this.#over.signal.aborted) throw new Error('BIRD closed the connection')
  }

  async #look(control: Control, watched: readonly Watched[]): Promise<void> {
    for (const family of [4, 6] as const) {
      const some = watched.filter((one) => one.family === family)
      if (some.length > MANY) await this.#lookAtAll(control, family, some)
      else await Promise.all(some.map((one) => this.#lookAtOne(control, one)))
    }
  }

  async #lookAtAll(control: Control, family: Family, watched: readonly Watched[]): Promise<void> {
    const found = await allBlackholed(control, this.#tables, family)
    const now = this.#clock.monotonic()
    if (found !== undefined)
      for (const one of watched) this.#expectations.see(one, found.has(one.prefix), now)
  }

  async #lookAtOne(control: Control, watched: Watched): Promise<void> {
    const found = await isBlackholed(control, this.#tables, watched.family, watched.prefix)
    if (found !== undefined) this.#expectations.see(watched, found, this.#clock.monotonic())
  }

  #tell(words: string | undefined): void {
    if (words === this.#trouble || this.#over.signal.aborted) return
    this.#trouble = words
    this.#listener(words)
  }
}

function wordsOf(error: unknown, path: string): string {
  const { code, message } = error as NodeJS.ErrnoException
  switch (code) {
    case 'ENOENT':
      return `BIRD's control socket ${path} does not exist: is BIRD running?`
    case 'EACCES':
    case 'EPERM':
      return `BIRD's control socket ${path} may not be opened: the controller's account needs its group`
    case 'ECONNREFUSED':
      return `nobody listens on BIRD's control socket ${path}: has BIRD ended?`
    default:
      return message
  }
}
