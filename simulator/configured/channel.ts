import type { ServerChannel } from 'ssh2'
import type { Faults } from './faults.ts'

export interface Terminal {
  readonly columns: number
  readonly rows: number
}

/** One channel of somebody's SSH connection, as the router sees it: what it sends goes through the faults. */
export interface Channel {
  readonly user: string
  readonly service: Service
  /** how wide the user's terminal is now; undefined without a pty */
  readonly terminal: Terminal | undefined
  readonly isClosed: boolean
  send(bytes: Buffer | string): void
  /** Closes it politely, after what was sent; the status is that of a command. */
  end(exitStatus?: number): void
  /** Loses the whole connection without a word. */
  cut(): void
  onBytes(listener: (bytes: Buffer) => void): void
  /** The client will say no more, and may still want to hear. */
  onInputEnd(listener: () => void): void
  /** Called once, however it ended; at once when it has. */
  onClosed(listener: () => void): void
}

export type Service =
  | { readonly kind: 'netconf' }
  | { readonly kind: 'shell' }
  | { readonly kind: 'exec'; readonly command: string }

interface Place {
  readonly user: string
  readonly service: Service
  readonly faults: Faults
  terminal(): Terminal | undefined
  cut(): void
  /** tells that the whole connection is gone */
  onLost(listener: () => void): void
}

type Step = { readonly bytes: Buffer } | { readonly exitStatus: number }

/** A channel of ssh2, behind a queue that a stall stops and a cut ends. */
export class SshChannel implements Channel {
  readonly user: string
  readonly service: Service
  readonly #stream: ServerChannel
  readonly #place: Place
  readonly #queue: Step[] = []
  readonly #closing: (() => void)[] = []
  #isClosed = false
  /** its last bytes are on their way, and the connection ends with them */
  #isEnding = false

  constructor(stream: ServerChannel, place: Place) {
    this.#stream = stream
    this.#place = place
    this.user = place.user
    this.service = place.service
    const released = place.faults.onChange(() => this.#flush())
    this.onClosed(released)
    stream.on('error', () => undefined)
    stream.once('close', () => this.#close())
    place.onLost(() => this.#close())
  }

  get terminal(): Terminal | undefined {
    return this.#place.terminal()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  send(bytes: Buffer | string): void {
    this.#queue.push({ bytes: Buffer.from(bytes) })
    this.#flush()
  }

  end(exitStatus = 0): void {
    this.#queue.push({ exitStatus })
    this.#flush()
  }

  cut(): void {
    this.#place.cut()
    this.#close()
  }

  onBytes(listener: (bytes: Buffer) => void): void {
    this.#stream.on('data', listener)
  }

  onInputEnd(listener: () => void): void {
    this.#stream.once('end', listener)
  }

  onClosed(listener: () => void): void {
    if (this.#isClosed) listener()
    else this.#closing.push(listener)
  }

  #flush(): void {
    while (!this.#isClosed && !this.#isEnding && this.#place.faults.get('stall') === undefined) {
      const step = this.#queue.shift()
      if (step === undefined) return
      if ('exitStatus' in step) this.#finish(step.exitStatus)
      else this.#write(step.bytes)
    }
  }

  #write(bytes: Buffer): void {
    const allowed = this.#place.faults.takeBytes(bytes.length)
    if (allowed === bytes.length) {
      this.#stream.write(bytes)
      return
    }
    this.#isEnding = true
    this.#stream.write(bytes.subarray(0, allowed), () => this.cut())
  }

  #finish(status: number): void {
    if (this.service.kind === 'exec') this.#stream.exit(status)
    this.#stream.end()
    this.#stream.close()
    // the stream itself would wait for somebody to read what the client may still say
    this.#close()
  }

  #close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#queue.length = 0
    for (const listener of this.#closing) listener()
  }
}
