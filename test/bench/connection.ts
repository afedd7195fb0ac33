import { connect, type Socket } from 'node:net'

export interface Answered {
  readonly status: number
  readonly body: string
}

/**
 * HTTP/1.1 over one connection that stays open, one request at a time. So little of it that the client of a
 * benchmark takes a small share of the machine; it only understands answers with a Content-Length.
 */
export class Connection {
  readonly #socket: Socket
  #text = ''
  #taken: { resolve: (answer: Answered) => void; reject: (error: Error) => void } | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => this.#take(piece))
    const fail = (error?: Error): void => this.#taken?.reject(error ?? new Error('the controller hung up'))
    socket.on('error', fail)
    socket.on('close', () => fail())
  }

  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.off('error', reject)
        resolve(new Connection(socket))
      })
      socket.once('error', reject)
    })
  }

  /** @param head header lines, each with its end */
  send(method: string, path: string, head: string, body: string): Promise<Answered> {
    return new Promise((resolve, reject) => {
      this.#taken = { resolve, reject }
      const length = `content-length: ${Buffer.byteLength(body)}\r\n\r\n`
      this.#socket.write(`${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${head}${length}${body}`)
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(piece: string): void {
    this.#text += piece
    const end = this.#text.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#text.slice(0, end))?.[1] ?? Number.NaN)
    if (Number.isNaN(length)) {
      this.#taken?.reject(new Error(`an answer without a length: ${this.#text.slice(0, end)}`))
      return
    }
    if (this.#text.length < end + 4 + length) return
    const answer = {
      status: Number(this.#text.slice(9, 12)),
      body: this.#text.slice(end + 4, end + 4 + length),
    }
    this.#text = ''
    this.#taken?.resolve(answer)
  }
}
