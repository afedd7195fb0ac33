import { SaxesParser, type SaxesTagNS } from 'saxes'

/** An element as it was read; names without prefixes, namespaces resolved. */
export interface Element {
  readonly name: string
  readonly namespace: string
  /** by name, with `{namespace}` before it where an attribute has one */
  readonly attributes: ReadonlyMap<string, string>
  /** as they stood there, declarations of namespaces too */
  readonly written: readonly (readonly [string, string])[]
  readonly children: readonly Element[]
  /** between its tags, without white space around it */
  readonly text: string
  /** namespace by prefix, for values that are names */
  readonly prefixes: ReadonlyMap<string, string>
}

export class NotWellFormed extends Error {
  override readonly name = 'NotWellFormed'
}

interface Growing extends Element {
  readonly children: Growing[]
  text: string
}

/** @throws NotWellFormed when it is not one document with proper namespaces, or has a document type (RFC 6241 §3) */
export function parseXml(text: string): Element {
  const parser = new SaxesParser({ xmlns: true })
  const open: Growing[] = []
  let root: Element | undefined
  parser.on('error', (error) => {
    throw new NotWellFormed(error.message)
  })
  parser.on('doctype', () => {
    throw new NotWellFormed('a document type is not allowed')
  })
  parser.on('opentag', (tag) => {
    const element = elementOf(tag, open.at(-1)?.prefixes ?? new Map())
    open.at(-1)?.children.push(element)
    root ??= element
    open.push(element)
  })
  const take = (piece: string): void => {
    const element = open.at(-1)
    if (element) element.text += piece
  }
  parser.on('text', take)
  parser.on('cdata', take)
  parser.on('closetag', () => {
    const element = open.pop()
    if (element) element.text = element.text.trim()
  })
  parser.write(text).close()
  if (root === undefined) throw new NotWellFormed('there is no element')
  return root
}

function elementOf(tag: SaxesTagNS, outer: ReadonlyMap<string, string>): Growing {
  const attributes = Object.values(tag.attributes)
  const declared = Object.entries(tag.ns)
  return {
    name: tag.local,
    namespace: tag.uri,
    attributes: new Map(
      attributes
        .filter(({ prefix, name }) => prefix !== 'xmlns' && name !== 'xmlns')
        .map(({ local, uri, value }) => [uri === '' ? local : `{${uri}}${local}`, value]),
    ),
    written: attributes.map(({ name, value }) => [name, value] as const),
    children: [],
    text: '',
    prefixes: declared.length === 0 ? outer : new Map([...outer, ...declared]),
  }
}

/** An element that somebody has made by themselves: a line of a command, say. */
export function plainElement(
  name: string,
  {
    children = [],
    text = '',
    attributes = {},
  }: { children?: readonly Element[]; text?: string; attributes?: Record<string, string> } = {},
): Element {
  return {
    name,
    namespace: '',
    attributes: new Map(Object.entries(attributes)),
    written: Object.entries(attributes),
    children,
    text,
    prefixes: new Map(),
  }
}

export function childOf(element: Element, name: string): Element | undefined {
  return element.children.find((one) => one.name === name)
}

/** An element as it will be written. */
export interface XmlNode {
  readonly name: string
  /** left out: its parent's */
  readonly namespace?: string
  /** as they will stand there */
  readonly attributes?: Readonly<Record<string, string>>
  readonly children?: readonly XmlNode[]
  readonly text?: string
}

export function node(
  name: string,
  content: readonly XmlNode[] | string = [],
  more: Partial<XmlNode> = {},
): XmlNode {
  return { name, ...(typeof content === 'string' ? { text: content } : { children: content }), ...more }
}

/** What a reply may look like and mean the same (RFC 6241 leaves all of it open). */
export interface Style {
  /** of the elements in the root's namespace; empty: none */
  readonly prefix: string
  readonly quote: '"' | "'"
  /** written between elements: a line each, or nothing */
  readonly isIndented: boolean
  readonly isReversed: boolean
  /** more attributes of the root */
  readonly extra: Readonly<Record<string, string>>
}

export const PLAIN: Style = { prefix: '', quote: '"', isIndented: false, isReversed: false, extra: {} }
export const READABLE: Style = { ...PLAIN, isIndented: true }

export function writeXml(root: XmlNode, style: Style = PLAIN): string {
  const pieces: string[] = []
  const prefixed = style.prefix === '' ? undefined : root.namespace
  const declared = prefixed === undefined ? {} : { [`xmlns:${style.prefix}`]: prefixed }
  write(
    { ...root, attributes: { ...declared, ...root.attributes, ...style.extra } },
    { style, pieces, prefixed, namespace: undefined, depth: 0 },
  )
  return pieces.join('')
}

interface Writing {
  readonly style: Style
  readonly pieces: string[]
  readonly prefixed: string | undefined
  /** what an element without a prefix is in, here; undefined before anything was declared */
  readonly namespace: string | undefined
  /** of the element above, with a prefix or without */
  readonly above?: string | undefined
  readonly depth: number
}

function write(one: XmlNode, at: Writing): void {
  const { style, pieces } = at
  const own = one.namespace ?? at.above
  const isPrefixed = own !== undefined && own === at.prefixed
  const declares = !isPrefixed && own !== at.namespace
  const name = isPrefixed ? `${style.prefix}:${one.name}` : one.name
  const attributes = [
    ...(declares ? [['xmlns', own ?? ''] as const] : []),
    ...Object.entries(one.attributes ?? {}),
  ]
  const line = style.isIndented ? `\n${'  '.repeat(at.depth)}` : ''
  pieces.push(at.depth === 0 ? '' : line, '<', name)
  for (const [key, value] of style.isReversed ? attributes.reverse() : attributes)
    pieces.push(` ${key}=${style.quote}${escapeXml(value)}${style.quote}`)
  const children = one.children ?? []
  if (children.length === 0 && (one.text ?? '') === '') {
    pieces.push('/>')
    return
  }
  pieces.push('>', escapeXml(one.text ?? ''))
  const inner = { ...at, namespace: declares ? own : at.namespace, above: own, depth: at.depth + 1 }
  for (const child of children) write(child, inner)
  pieces.push(children.length > 0 ? line : '', '</', name, '>')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (one) => ESCAPES[one] ?? one)
}
