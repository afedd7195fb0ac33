import { once } from 'node:events'
import ssh2, { type Client, type ClientChannel } from 'ssh2'
import { eventually } from '../../simulator/eventually.ts'
import { Deframer, frame } from '../../simulator/netconf/framing.ts'
import { type Element, parseXml } from '../../simulator/netconf/xml.ts'

const BASE = 'urn:ietf:params:xml:ns:netconf:base:1.0'
const DEADLINE_MS = 10_000

export interface TalkOptions {
  readonly port: number
  readonly user?: string
  readonly password?: string
  /** left out: 1.1 as well as 1.0 */
  readonly bases?: readonly ('1.0' | '1.1')[]
}

/** One session of a plain client, for tests that ask a server word by word. */
export class NetconfTalk {
  readonly #client: Client
  readonly #channel: ClientChannel
  readonly #deframer = new Deframer()
  readonly #heard: string[] = []
  #id = 0
  #isClosed = false
  /** The server's. */
  hello: Element

  private constructor(client: Client, channel: ClientChannel, hello: Element) {
    this.#client = client
    this.#channel = channel
    this.hello = hello
    channel.on('data', (bytes: Buffer) => this.#take(bytes))
    channel.on('close', () => {
      this.#isClosed = true
    })
    client.on('close', () => {
      this.#isClosed = true
    })
    client.on('error', () => undefined)
  }

  static async open({
    port,
    user = 'cordon',
    password = 'secret',
    bases = ['1.0', '1.1'],
  }: TalkOptions): Promise<NetconfTalk> {
    const client = new ssh2.Client()
    client.connect({ host: '127.0.0.1', port, username: user, password })
    await once(client, 'ready')
    const channel = await new Promise<ClientChannel>((resolve, reject) => {
      client.subsys('netconf', (error, stream) => (error ? reject(error) : resolve(stream)))
    })
    const talk = new NetconfTalk(client, channel, parseXml('<none/>'))
    talk.hello = parseXml(await talk.#next())
    const capabilities = bases.map((base) => `<capability>urn:ietf:params:netconf:base:${base}</capability>`)
    talk.write(`<hello xmlns="${BASE}"><capabilities>${capabilities.join('')}</capabilities></hello>`)
    const offered = talk.hello.children.flatMap(({ children }) => children.map(({ text }) => text))
    if (bases.includes('1.1') && offered.includes('urn:ietf:params:netconf:base:1.1'))
      talk.#deframer.framing = 'chunked'
    return talk
  }

  get id(): number {
    return Number(this.hello.children.find(({ name }) => name === 'session-id')?.text)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  write(text: string): void {
    this.#channel.write(frame(text, this.#deframer.framing, () => 0.999))
  }

  writeBytes(bytes: Buffer | string): void {
    this.#channel.write(bytes)
  }

  /** Sends a request and returns the reply. @throws when the session dies before it comes */
  async ask(request: string): Promise<Element> {
    this.send(request)
    return await this.reply()
  }

  send(request: string): void {
    this.#id += 1
    this.write(`<rpc message-id="${this.#id}" xmlns="${BASE}">${request}</rpc>`)
  }

  async reply(): Promise<Element> {
    return parseXml(await this.#next())
  }

  /** `ok`, or the tag of the first error, with its app-tag. */
  async outcome(request: string): Promise<string> {
    return outcomeOf(await this.ask(request))
  }

  async closed(): Promise<void> {
    await eventually('the session to end', DEADLINE_MS, () => this.#isClosed)
  }

  /** Leaves without a word. */
  leave(): void {
    this.#client.destroy()
  }

  async #next(): Promise<string> {
    return await eventually('a message', DEADLINE_MS, () => {
      const text = this.#heard.shift()
      if (text === undefined && this.#isClosed) throw new Error('the session ended')
      return text
    })
  }

  #take(bytes: Buffer): void {
    this.#deframer.push(bytes)
    for (let text = this.#deframer.next(); text !== undefined; text = this.#deframer.next())
      this.#heard.push(text)
  }
}

export function outcomeOf(reply: Element): string {
  const error = found(reply, 'rpc-error')
  if (error === undefined) return found(reply, 'ok') ? 'ok' : (reply.children[0]?.name ?? 'nothing')
  const appTag = found(error, 'error-app-tag')?.text
  return `${found(error, 'error-tag')?.text}${appTag === undefined ? '' : ` ${appTag}`}`
}

/** The first element of a name, at any depth. */
export function found(element: Element, name: string): Element | undefined {
  if (element.name === name) return element
  for (const child of element.children) {
    const one = found(child, name)
    if (one) return one
  }
  return undefined
}

export function textOf(element: Element, name: string): string | undefined {
  return found(element, name)?.text
}
