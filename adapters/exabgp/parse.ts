import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { type Prefix, parsePrefix } from '../../src/domain/prefix.ts'
import { canonicalAddress } from './config.ts'
import type { Tag } from './render.ts'

/*
 * Lines between the controller and bridge.mjs. To the bridge, each with an id of ours:
 *   c ID TAG COMMAND   announce or withdraw; TAG is kept beside what was announced. `2!TAG` names a group of neighbours
 *   q ID [NAME...]     what is held (a prefix, `2!PREFIX` of a group, a flow route), in its place behind earlier commands
 *   a ID               ExaBGP's own list (`show adj-rib out extensive`)
 *   b ID               is anybody there: answered in order, by text that nothing else is answered with
 *   e ID FAMILY=WHO... the first full replay is done: send End-of-RIB to these neighbours, `*` for all
 * From the bridge: h HELLO, v STATE, x WORDS, r ID REPLY, s ID HELD, t ID LINE.
 */

/** `lost`: the speaker never answered it. `refused`: the bridge did not pass it on. */
export type Reply = 'done' | 'error' | 'lost' | 'refused'

const PEER_STATE = Type.Object({ state: Type.String(), reason: Type.String() })

const HELLO = Type.Object({
  protocol: Type.Integer(),
  /** ExaBGP's, not the bridge's. */
  pid: Type.Integer(),
  started: Type.Integer(),
  digest: Type.String(),
  /** False when an earlier bridge of this ExaBGP has died with what it knew. */
  complete: Type.Boolean(),
  settled: Type.Boolean(),
  held: Type.Integer(),
  neighbours: Type.Record(Type.String(), PEER_STATE),
})

export type Hello = Static<typeof HELLO>

export interface PeerEvent {
  readonly address: string
  readonly state: string
  readonly reason: string
}

/** What the speaker was told of, by name: with these attributes, or perhaps not. */
export type Held =
  | {
      readonly sure: true
      readonly tag: Tag
      readonly attributes: string
      readonly names: readonly string[]
    }
  | { readonly sure: false; readonly tag: Tag; readonly names: readonly string[] }

export type Message =
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'peer'; readonly event: PeerEvent }
  | { readonly kind: 'surplus'; readonly words: string }
  | { readonly kind: 'reply'; readonly id: string; readonly reply: Reply }
  | { readonly kind: 'held'; readonly id: string; readonly held: Held }
  | { readonly kind: 'line'; readonly id: string; readonly line: string }

const PEER_EVENT = Type.Object({ address: Type.String(), state: Type.String(), reason: Type.String() })

/** Undefined for a line that no bridge of ours writes. */
export function parseMessage(line: string): Message | undefined {
  const [kind, rest] = cut(line, ' ')
  if (kind === 'h' || kind === 'v') return parseJson(kind, rest)
  if (kind === 'x') return { kind: 'surplus', words: rest }
  const [id, text] = cut(rest, ' ')
  if (kind === 't') return { kind: 'line', id, line: text }
  if (kind === 'r' && isReply(text)) return { kind: 'reply', id, reply: text }
  const held = kind === 's' ? parseHeld(text) : undefined
  return held === undefined ? undefined : { kind: 'held', id, held }
}

function parseJson(kind: 'h' | 'v', text: string): Message | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (kind === 'h') return Value.Check(HELLO, value) ? { kind: 'hello', hello: value } : undefined
  return Value.Check(PEER_EVENT, value) ? { kind: 'peer', event: value } : undefined
}

function isReply(text: string): text is Reply {
  return text === 'done' || text === 'error' || text === 'lost' || text === 'refused'
}

function parseHeld(text: string): Held | undefined {
  const [label, list] = cut(text, '\t')
  const [kind, more] = cut(label, ' ')
  const names = list.split(' ')
  if (kind === 'doubt') return { sure: false, tag: more, names }
  const [tag, attributes] = cut(more, ' ')
  return kind === 'held' ? { sure: true, tag, attributes, names } : undefined
}

/** One line of `show adj-rib out extensive`: a route to a neighbour; undefined for another line. */
export function parseListed(
  line: string,
): { neighbour: string; prefix: Prefix; communities: string[] } | undefined {
  const route = /^neighbor (\S+) .* ipv[46] unicast (\S+\/\d+) (.*)$/.exec(line)
  if (route === null) return undefined
  const [, neighbour = '', prefix = '', attributes = ''] = route
  const lists = attributes.matchAll(/community (?:\[ ?([^\]]*)\]|(\S+))/g)
  const communities = [...lists].flatMap(([, many, one]) => (many ?? one ?? '').split(' '))
  try {
    return {
      neighbour: canonicalAddress(neighbour),
      prefix: parsePrefix(prefix),
      communities: communities.filter((text) => text !== ''),
    }
  } catch {
    return undefined
  }
}

function cut(text: string, at: string): [string, string] {
  const index = text.indexOf(at)
  return index < 0 ? [text, ''] : [text.slice(0, index), text.slice(index + at.length)]
}
