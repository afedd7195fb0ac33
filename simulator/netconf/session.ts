import { setTimeout as pause } from 'node:timers/promises'
import type { Channel } from '../configured/channel.ts'
import type { Faults } from '../configured/faults.ts'
import type { Random } from '../configured/random.ts'
import { BadFraming, Deframer, frame } from './framing.ts'
import { BASE_11 } from './profile.ts'
import { BASE, badElement, errorNode, RpcError, rpcErrorsOf } from './rpc-error.ts'
import { styleFrom } from './style.ts'
import {
  type Element,
  NotWellFormed,
  node,
  PLAIN,
  parseXml,
  READABLE,
  writeXml,
  type XmlNode,
} from './xml.ts'

/** A request of a session. */
export interface Call {
  readonly session: Session
  readonly request: Element
}

/** What stands in a reply. */
export interface Reply {
  readonly nodes: readonly XmlNode[]
  /** something was changed that packets can meet: the point at which a reply may be lost */
  readonly hasChanged?: boolean
  /** the session ends after it */
  readonly isLast?: boolean
}

export const OK: Reply = { nodes: [node('ok')] }

export interface SessionSettings {
  readonly id: number
  readonly channel: Channel
  readonly capabilities: readonly string[]
  readonly faults: Faults
  readonly random: Random
  /** replies differ in all that means nothing */
  readonly varies: boolean
  /** replies may begin with an XML declaration */
  readonly declaresXml: boolean
  /** sent before the hello: comments */
  readonly beforeHello: string
  /** of every reply's root */
  readonly replyAttributes: Readonly<Record<string, string>>
  /** by the request's name. @throws RpcErrors */
  handle(call: Call): Promise<Reply>
  log(line: string): void
}

/** A session of NETCONF with one client (RFC 6241 §4, RFC 6242). Requests are answered in their order. */
export class Session {
  readonly #settings: SessionSettings
  readonly #deframer = new Deframer()
  #isGreeted = false
  #isBase11 = false
  #isEnding = false
  #last: Promise<void> = Promise.resolve()

  constructor(settings: SessionSettings) {
    this.#settings = settings
    const { channel, capabilities, id, beforeHello } = settings
    const hello = node(
      'hello',
      [
        node(
          'capabilities',
          capabilities.map((one) => node('capability', one)),
        ),
        node('session-id', `${id}`),
      ],
      { namespace: BASE },
    )
    channel.onBytes((bytes) => this.#hear(bytes))
    channel.onInputEnd(() => {
      this.#last = this.#last.then(() => this.kill())
    })
    channel.send(frame(`${beforeHello}${writeXml(hello, READABLE)}`, 'end-of-message', settings.random))
  }

  get id(): number {
    return this.#settings.id
  }

  get user(): string {
    return this.#settings.channel.user
  }

  get isBase11(): boolean {
    return this.#isBase11
  }

  /** Ends it from outside, as `kill-session` does. */
  kill(): void {
    this.#isEnding = true
    this.#settings.channel.end()
  }

  #hear(bytes: Buffer): void {
    this.#deframer.push(bytes)
    try {
      for (let text = this.#deframer.next(); text !== undefined; text = this.#deframer.next())
        this.#take(text)
    } catch (error) {
      if (error instanceof BadFraming) {
        const refusal = new RpcError('malformed-message', error.message, { type: 'rpc' })
        this.#send([errorNode(refusal)], {})
      } else if (!(error instanceof NotWellFormed)) throw error
      this.kill()
    }
  }

  #take(text: string): void {
    const element = parseXml(text)
    if (this.#isEnding) return
    if (this.#isGreeted) {
      this.#last = this.#last.then(() => this.#answer(element))
      return
    }
    const offered =
      element.children.find(({ name }) => name === 'capabilities')?.children.map((one) => one.text) ?? []
    // a client that sends a session-id, or no hello, is none (RFC 6241 §8.1)
    if (element.name !== 'hello' || element.children.some(({ name }) => name === 'session-id')) this.kill()
    this.#isGreeted = true
    this.#isBase11 = offered.includes(BASE_11) && this.#settings.capabilities.includes(BASE_11)
    if (this.#isBase11) this.#deframer.framing = 'chunked'
  }

  async #answer(rpc: Element): Promise<void> {
    const { channel, faults } = this.#settings
    if (channel.isClosed || this.#isEnding) return
    const attributes = Object.fromEntries(rpc.written)
    const reply = await this.#reply(rpc)
    if (reply.hasChanged === true && faults.take('lose-reply')) {
      channel.cut()
      return
    }
    const isDenied = reply.hasChanged === true && faults.take('false-error')
    const late = faults.get('late-replies')
    if (late) await pause(late.ms)
    this.#send(
      isDenied ? [errorNode(new RpcError('operation-failed', 'commit failed'))] : reply.nodes,
      attributes,
    )
    if (reply.isLast === true) this.kill()
  }

  async #reply(rpc: Element): Promise<Reply> {
    try {
      return await this.#handled(rpc)
    } catch (error) {
      try {
        return { nodes: rpcErrorsOf(error).map(errorNode) }
      } catch (unknown) {
        this.#settings.log(`bug: ${unknown instanceof Error ? unknown.stack : String(unknown)}`)
        return { nodes: [errorNode(new RpcError('operation-failed', 'internal error'))] }
      }
    }
  }

  async #handled(rpc: Element): Promise<Reply> {
    if (rpc.name !== 'rpc') throw badElement('unknown-element', rpc.name, 'only rpc is known here')
    if (!rpc.attributes.has('message-id')) {
      const info = [node('bad-attribute', 'message-id'), node('bad-element', 'rpc')]
      throw new RpcError('missing-attribute', 'a message-id is needed', { type: 'rpc', info })
    }
    const [request, more] = rpc.children
    if (request === undefined || more !== undefined)
      throw new RpcError('missing-element', 'one operation is needed', {
        type: 'rpc',
        info: [node('bad-element', 'rpc')],
      })
    return await this.#settings.handle({ session: this, request })
  }

  #send(nodes: readonly XmlNode[], attributes: Readonly<Record<string, string>>): void {
    const { channel, random, varies, declaresXml, replyAttributes } = this.#settings
    const asked = Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== 'xmlns'))
    const own = { ...replyAttributes, ...asked }
    const reply = node('rpc-reply', nodes, { namespace: BASE, attributes: own })
    const { style, before, after } = varies
      ? styleFrom(random, own, declaresXml)
      : { style: PLAIN, before: '', after: '' }
    const text = `${before}${writeXml(reply, style)}${after}`
    channel.send(frame(text, this.#isBase11 ? 'chunked' : 'end-of-message', random))
  }
}
