import type { Schema } from '../schema.ts'
import { type Element, plainElement } from '../xml.ts'
import { SCHEMA } from './schema.ts'

export class BadLine extends Error {
  override readonly name = 'BadLine'
}

const ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  set: {},
  delete: { operation: 'delete' },
  deactivate: { inactive: 'inactive' },
  activate: { active: 'active' },
}

/** Lines as an operator types them, `set policy-options prefix-list L 192.0.2.1/32`, each as an edit. @throws BadLine */
export function editsOf(text: string): Element[] {
  const lines = text.split('\n').map((line) => line.trim())
  return lines.filter((line) => line !== '' && !line.startsWith('#')).map(editOf)
}

function editOf(line: string): Element {
  const [verb = '', ...words] = wordsOf(line)
  const attributes = Object.hasOwn(ATTRIBUTES, verb) ? ATTRIBUTES[verb] : undefined
  const schema = SCHEMA.children['configuration']
  if (attributes === undefined || schema === undefined) throw new BadLine(`unknown command: ${verb}`)
  if (words.length === 0) throw new BadLine(`missing statement: ${line}`)
  const children = below(schema, words, attributes, line)
  return plainElement('config', { children: [plainElement('configuration', { children })] })
}

/** Words, `"some words"`, `[` and `]`. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

type Attributes = Readonly<Record<string, string>>

/** What the words mean inside of a node; the attributes are those of the last one. */
function below(schema: Schema, words: readonly string[], attributes: Attributes, line: string): Element[] {
  const [word = '', ...rest] = words
  const children = 'children' in schema ? schema.children : {}
  const named = Object.hasOwn(children, word) ? children[word] : undefined
  if (named !== undefined && named.isImplied !== true) return one(word, named, rest, attributes, line)
  const implied = Object.entries(children).find(([, child]) => child.isImplied === true)
  if (implied === undefined) throw new BadLine(`syntax error: ${word}`)
  return one(implied[0], implied[1], words, attributes, line)
}

function one(
  name: string,
  schema: Schema,
  words: readonly string[],
  attributes: Attributes,
  line: string,
): Element[] {
  const [first, ...rest] = words
  const own = { ...attributes }
  if (schema.kind === 'container') {
    if (first === undefined) return [plainElement(name, { attributes: own })]
    return [plainElement(name, { children: below(schema, words, attributes, line) })]
  }
  if (schema.kind === 'list') {
    const [key = ''] = schema.keys
    if (first === undefined) throw new BadLine(`missing argument: ${line}`)
    const entry = plainElement(key, { text: first })
    if (rest.length === 0) return [plainElement(name, { children: [entry], attributes: own })]
    return [plainElement(name, { children: [entry, ...below(schema, rest, attributes, line)] })]
  }
  const values = first === '[' ? words.slice(1, -1) : words
  if (schema.kind === 'leaf-list') return values.map((text) => plainElement(name, { text, attributes: own }))
  if (values.length > 1) throw new BadLine(`syntax error: ${values.at(-1)}`)
  return [plainElement(name, { text: first ?? '', attributes: own })]
}
