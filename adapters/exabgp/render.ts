import { type Family, type Prefix, prefixFamily } from '../../src/domain/prefix.ts'
import type { Scope } from '../../src/domain/rule.ts'
import type { ExabgpConfig } from './config.ts'

/** The scopes of the rules that share a slot, in the order of the configuration, joined by commas. Never empty. */
export type Tag = string

const WELL_KNOWN: Readonly<Record<string, string>> = {
  blackhole: '65535:666',
  'no-export': '65535:65281',
  'no-advertise': '65535:65282',
}

/** `65010:911` for every way to write a community. */
export function communityNumber(text: string): string {
  const known = WELL_KNOWN[text]
  return known ?? text.split(':').map(Number).join(':')
}

/**
 * The attributes of routes. ExaBGP takes a command that it does not understand in part or not at all, and may
 * still answer `done`; so every text here is built from numbers and canonical prefixes and never passed through.
 */
export class Encoder {
  readonly #config: ExabgpConfig
  readonly #order: readonly Scope[]
  readonly #attributes = new Map<string, string>()
  readonly #tags = new Map<string, Tag>()

  constructor(config: ExabgpConfig) {
    this.#config = config
    this.#order = Object.keys(config.scopes) as Scope[]
  }

  get scopes(): readonly Scope[] {
    return this.#order
  }

  knows(scope: Scope): boolean {
    return scope in this.#config.scopes
  }

  /** Scopes that are not configured any more come last, so that what a former configuration left keeps its name. */
  tagOf(scopes: Iterable<Scope>): Tag {
    const present = new Set(scopes)
    const known = this.#order.filter((scope) => present.delete(scope))
    return [...known, ...[...present].sort()].join(',')
  }

  /** The tag without scopes that are not configured any more. */
  configured(tag: Tag): Tag {
    return this.#remembered(`configured ${tag}`, () =>
      this.tagOf(scopesOf(tag).filter((scope) => this.knows(scope))),
    )
  }

  joined(tag: Tag, scope: Scope): Tag {
    return this.#remembered(`joined ${scope} ${tag}`, () => this.tagOf([...scopesOf(tag), scope]))
  }

  without(tag: Tag, scope: Scope): Tag {
    return this.#remembered(`without ${scope} ${tag}`, () =>
      this.tagOf(scopesOf(tag).filter((one) => one !== scope)),
    )
  }

  /** There are few scopes and many slots. */
  #remembered(question: string, answer: () => Tag): Tag {
    let tag = this.#tags.get(question)
    if (tag === undefined) {
      tag = answer()
      this.#tags.set(question, tag)
    }
    return tag
  }

  /** What the rules of a slot become together: all of their communities, and the next hop of the first scope. */
  attributes(tag: Tag, family: Family): string {
    const key = `${family} ${tag}`
    let text = this.#attributes.get(key)
    if (text === undefined) {
      text = this.#render(tag, family)
      this.#attributes.set(key, text)
    }
    return text
  }

  #render(tag: Tag, family: Family): string {
    const scopes = scopesOf(tag).flatMap((scope) => this.#config.scopes[scope] ?? [])
    const [first] = scopes
    if (first === undefined) throw new Error(`no scope of '${tag}' is configured`)
    const all = this.communitiesOf(scopesOf(tag))
    const standard = all.filter((text) => text.split(':').length === 2)
    const large = all.filter((text) => text.split(':').length === 3)
    const words = [`next-hop ${family === 4 ? first.nextHop4 : first.nextHop6}`]
    if (standard.length > 0) words.push(`community [${standard.join(' ')}]`)
    if (large.length > 0) words.push(`large-community [${large.join(' ')}]`)
    return words.join(' ')
  }

  /** In numbers, sorted, the marking among them. */
  communitiesOf(scopes: readonly Scope[]): string[] {
    const texts = scopes.flatMap((scope) => this.#config.scopes[scope]?.communities ?? [])
    return [...new Set([this.#config.marking, ...texts].map(communityNumber))].sort()
  }
}

export function scopesOf(tag: Tag): Scope[] {
  return tag === '' ? [] : (tag.split(',') as Scope[])
}

/** One line, without its end. @throws Error when the prefixes are none or of two families */
export function announceLine(attributes: string, prefixes: readonly Prefix[]): string {
  return `announce attributes ${attributes} nlri ${list(prefixes)}`
}

/**
 * A withdraw needs a next hop of the family to be understood, and the number so that it is never sent before an
 * announcement that was made earlier (see slots.ts); neither is on the wire.
 */
export function withdrawLine(config: ExabgpConfig, order: number, prefixes: readonly Prefix[]): string {
  const scope = config.scopes['local'] ?? Object.values(config.scopes)[0]
  const [first] = prefixes
  const nextHop = first !== undefined && prefixFamily(first) === 4 ? scope?.nextHop4 : scope?.nextHop6
  return `withdraw attributes next-hop ${nextHop} med ${order} nlri ${list(prefixes)}`
}

/** Attributes that no other pending change has. */
export function orderedAttributes(attributes: string, order: number): string {
  return `${attributes} med ${order}`
}

/** The attributes without what only serves the order. */
export function plainAttributes(attributes: string): string {
  return attributes.replace(/ med \d+$/, '')
}

function list(prefixes: readonly Prefix[]): string {
  const [first] = prefixes
  if (first === undefined) throw new Error('a command without prefixes')
  const family = prefixFamily(first)
  for (const prefix of prefixes) {
    if (prefixFamily(prefix) !== family || !/^[0-9a-f.:]+\/\d{1,3}$/.test(prefix)) {
      throw new Error(`'${prefix}' does not belong into a command of IPv${family}`)
    }
  }
  return prefixes.join(' ')
}
