import { VALUE_TYPES, type ValueType } from './values.ts'

/** What a command line may be, as a tree. */
export type Grammar =
  | { readonly kind: 'word'; readonly word: string; readonly capture?: string }
  | { readonly kind: 'value'; readonly name: string; readonly type: ValueType }
  | { readonly kind: 'all'; readonly parts: readonly Grammar[] }
  | { readonly kind: 'one'; readonly options: readonly Grammar[] }

const PIECE = /<[^>]+>|[[\]{}|]|[^\s[\]{}|<>]+/g

/**
 * Reads a command's form as manuals write it: keywords, `<name:type>` for a value, `<name=a|b>` for a keyword that is
 * kept under a name, `[ ]` for what may be left out, `{ | }` for a choice.
 * @throws SyntaxError when brackets do not close or a type is unknown
 */
export function grammar(form: string): Grammar {
  const pieces = form.match(PIECE) ?? []
  const [read, rest] = readChoice(pieces)
  if (rest.length > 0) throw new SyntaxError(`"${rest[0]}" is one too many in: ${form}`)
  return read
}

type Read = readonly [Grammar, readonly string[]]

function readChoice(pieces: readonly string[]): Read {
  const options: Grammar[] = []
  let rest = pieces
  for (;;) {
    const [option, after] = readSequence(rest)
    options.push(option)
    if (after[0] !== '|') return [options.length === 1 ? option : { kind: 'one', options }, after]
    rest = after.slice(1)
  }
}

function readSequence(pieces: readonly string[]): Read {
  const parts: Grammar[] = []
  let rest = pieces
  for (;;) {
    const [piece] = rest
    if (piece === undefined || piece === '|' || piece === ']' || piece === '}') {
      return [{ kind: 'all', parts }, rest]
    }
    const [part, after] = readPart(piece, rest.slice(1))
    parts.push(part)
    rest = after
  }
}

function readPart(piece: string, rest: readonly string[]): Read {
  if (piece === '[' || piece === '{') {
    const close = piece === '[' ? ']' : '}'
    const [inner, after] = readChoice(rest)
    if (after[0] !== close) throw new SyntaxError(`${piece} without ${close}`)
    const nothing: Grammar = { kind: 'all', parts: [] }
    return [piece === '[' ? { kind: 'one', options: [inner, nothing] } : inner, after.slice(1)]
  }
  return [piece.startsWith('<') ? slot(piece.slice(1, -1)) : { kind: 'word', word: piece }, rest]
}

function slot(text: string): Grammar {
  const [, name = '', words] = /^([a-z0-9]+)=(.+)$/i.exec(text) ?? []
  if (words !== undefined) {
    const options = words.split('|').map((word): Grammar => ({ kind: 'word', word, capture: name }))
    return { kind: 'one', options }
  }
  const [, valueName, type] = /^([a-z0-9]+):([a-z0-9]+)$/i.exec(text) ?? []
  if (valueName === undefined || !isValueType(type)) throw new SyntaxError(`<${text}> is no value`)
  return { kind: 'value', name: valueName, type }
}

function isValueType(type: string | undefined): type is ValueType {
  return type !== undefined && Object.hasOwn(VALUE_TYPES, type)
}
