import { SaxesParser } from 'saxes'

/** An element as it was read: names without prefixes, with the namespace that they stood for. */
export interface XmlElement {
  readonly name: string
  readonly uri: string
  /** By local name; the namespace of an attribute is not kept. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  /** Of the element itself, without what its children say. */
  readonly text: string
}

interface Open {
  readonly name: string
  readonly uri: string
  readonly attributes: Map<string, string>
  readonly children: XmlElement[]
  text: string
}

/** Deeper than any configuration, and shallow enough to walk. */
const DEEPEST = 200
/** Ten thousand entries in their longest form are a tenth of it. */
const LONGEST_BYTES = 64 * 1024 * 1024
const NO_ATTRIBUTES: Map<string, string> = new Map()

/**
 * Reads one XML document in pieces; it must be well formed, with all of its namespaces known. Entities beyond
 * the five of XML itself are errors, and so is a document type (RFC 6241 §3: a peer must refuse it).
 */
export class XmlReader {
  readonly #parser = new SaxesParser({ xmlns: true, position: false })
  readonly #decoder = new TextDecoder('utf-8', { fatal: true })
  readonly #open: Open[] = []
  #root: XmlElement | undefined
  #problem: Error | undefined
  #bytes = 0

  constructor() {
    const parser = this.#parser
    parser.on('error', (error) => this.#fail(error.message))
    parser.on('doctype', () => this.#fail('a document type is not allowed (RFC 6241 §3)'))
    parser.on('opentag', ({ local, uri, attributes }) => {
      const named = Object.values(attributes)
      this.#open.push({
        ...{ name: local, uri, children: [], text: '' },
        attributes: named.length === 0 ? NO_ATTRIBUTES : new Map(named.map((one) => [one.local, one.value])),
      })
      if (this.#open.length > DEEPEST) this.#fail('elements are nested too deep')
    })
    const addText = (text: string): void => {
      const top = this.#open.at(-1)
      if (top !== undefined) top.text += text
    }
    parser.on('text', addText)
    parser.on('cdata', addText)
    parser.on('closetag', () => {
      const closed = this.#open.pop()
      if (closed === undefined) return
      const parent = this.#open.at(-1)
      if (parent === undefined) this.#root = closed
      else parent.children.push(closed)
    })
  }

  /** @throws Error when it is not well formed, not UTF-8, or too long */
  take(bytes: Buffer): void {
    this.#bytes += bytes.length
    if (this.#bytes > LONGEST_BYTES) this.#fail('a message is longer than 64 MiB')
    this.#check()
    this.#write(this.#decoder.decode(bytes, { stream: true }))
  }

  /** @throws Error when it is not a whole document */
  end(): XmlElement {
    this.#write(this.#decoder.decode())
    this.#parser.close()
    this.#check()
    if (this.#root === undefined) throw new Error('it holds no element')
    return this.#root
  }

  #write(text: string): void {
    if (text !== '') this.#parser.write(text)
    this.#check()
  }

  #fail(words: string): void {
    this.#problem ??= new Error(words)
  }

  #check(): void {
    if (this.#problem !== undefined) throw this.#problem
  }
}

/** @throws Error when it is not well formed */
export function readXml(text: string): XmlElement {
  const reader = new XmlReader()
  reader.take(Buffer.from(text, 'utf8'))
  return reader.end()
}

/** Those of the children that have the name, whatever their namespace. */
export function childrenOf(element: XmlElement | undefined, name: string): readonly XmlElement[] {
  return element?.children.filter((child) => child.name === name) ?? []
}

/** The first element at the end of a path of names. */
export function at(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  let found = element
  for (const name of path) found = found?.children.find((child) => child.name === name)
  return found
}

/** Its text without white space around it; undefined when there is no such element. */
export function textAt(element: XmlElement | undefined, ...path: readonly string[]): string | undefined {
  return at(element, ...path)?.text.trim()
}

/** Every element of the name at any depth, but none inside one that `opaque` says is data and no message. */
export function findAll(
  element: XmlElement,
  name: string,
  opaque: (element: XmlElement) => boolean = () => false,
): XmlElement[] {
  const found: XmlElement[] = []
  const walk = (one: XmlElement): void => {
    if (one.name === name) found.push(one)
    if (!opaque(one)) for (const child of one.children) walk(child)
  }
  walk(element)
  return found
}

/** XML as text that was made here, and needs no escaping any more. */
export interface Xml {
  readonly xml: string
}

type Content = Xml | string | number

/**
 * An element to send. Strings among the content are escaped.
 * @throws Error for a character that XML 1.0 cannot hold (§2.2)
 */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>> = {},
  ...content: readonly Content[]
): Xml {
  const named = Object.entries(attributes)
    .filter((pair): pair is [string, string] => pair[1] !== undefined)
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('')
  const inside = content.map((one) => (typeof one === 'object' ? one.xml : escapeXml(String(one)))).join('')
  return { xml: inside === '' ? `<${name}${named}/>` : `<${name}${named}>${inside}</${name}>` }
}

/** Several beside each other. */
export function all(parts: readonly Xml[]): Xml {
  return { xml: parts.map(({ xml }) => xml).join('') }
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
/** What is no character of XML 1.0 (§2.2), halves of surrogate pairs among them. */
const FORBIDDEN = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/u

function escapeXml(text: string): string {
  if (FORBIDDEN.test(text)) throw new Error(`${JSON.stringify(text.slice(0, 40))} holds what XML cannot`)
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character)
}
