import { type Family, type Prefix, prefixFamily } from '../../src/domain/prefix.ts'
import { type BlackholeRule, blackholeRule, type RuleScope } from '../../src/domain/rule.ts'
import { communityNumber } from './community.ts'
import type { ScopeConfig } from './config.ts'

/** What one rule adds to a slot: its scope, and that it is by source where it is. */
export type Member = RuleScope | `s-rtbh/${RuleScope}`

/** The members of the rules that share a slot, in the order of the configuration, joined by commas. Never empty. */
export type Tag = string

export function memberOf({ kind, scope }: Pick<BlackholeRule, 'kind' | 'scope'>): Member {
  return kind === 'd-rtbh' ? scope : `s-rtbh/${scope}`
}

export function ruleOfMember(member: Member, prefix: Prefix): BlackholeRule {
  return member.startsWith(BY_SOURCE)
    ? blackholeRule('s-rtbh', prefix, scopeOf(member))
    : blackholeRule('d-rtbh', prefix, scopeOf(member))
}

const BY_SOURCE = 's-rtbh/'
const NO_SCOPE: Pick<ScopeConfig, 'communities' | 'sourceCommunities'> = { communities: [] }

function scopeOf(member: Member): RuleScope {
  return (member.startsWith(BY_SOURCE) ? member.slice(BY_SOURCE.length) : member) as RuleScope
}

export function membersOf(tag: Tag): Member[] {
  return tag === '' ? [] : (tag.split(',') as Member[])
}

/**
 * The attributes of routes. ExaBGP takes a command that it does not understand in part or not at all, and may
 * still answer `done`; so every text here is built from numbers and canonical prefixes and never passed through.
 */
export class Encoder {
  readonly #marking: string
  readonly #scopes: Readonly<Record<string, ScopeConfig>>
  readonly #order: readonly Member[]
  readonly #attributes = new Map<string, string>()
  readonly #tags = new Map<string, Tag>()

  /** @param scopes what the neighbours get, by scope @param marking the community on every route */
  constructor(scopes: Readonly<Record<string, ScopeConfig>>, marking: string) {
    this.#scopes = scopes
    this.#marking = marking
    this.#order = (Object.keys(scopes) as RuleScope[]).flatMap((scope): Member[] => [
      scope,
      `s-rtbh/${scope}`,
    ])
  }

  /** All that rules can be here. */
  get members(): readonly Member[] {
    return this.#order
  }

  knows(member: Member): boolean {
    return scopeOf(member) in this.#scopes
  }

  /** Scopes that are not configured any more come last, so that what a former configuration left keeps its name. */
  tagOf(members: Iterable<Member>): Tag {
    const present = new Set(members)
    const known = this.#order.filter((member) => present.delete(member))
    return [...known, ...[...present].sort()].join(',')
  }

  /** The tag without scopes that are not configured any more. */
  configured(tag: Tag): Tag {
    return this.#remembered(`configured ${tag}`, () =>
      this.tagOf(membersOf(tag).filter((member) => this.knows(member))),
    )
  }

  joined(tag: Tag, member: Member): Tag {
    return this.#remembered(`joined ${member} ${tag}`, () => this.tagOf([...membersOf(tag), member]))
  }

  without(tag: Tag, member: Member): Tag {
    return this.#remembered(`without ${member} ${tag}`, () =>
      this.tagOf(membersOf(tag).filter((one) => one !== member)),
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
    const [first] = membersOf(tag).flatMap((member) => this.#scopes[scopeOf(member)] ?? [])
    if (first === undefined) throw new Error(`no scope of '${tag}' is configured`)
    const all = this.communitiesOf(membersOf(tag))
    const standard = all.filter((text) => text.split(':').length === 2)
    const large = all.filter((text) => text.split(':').length === 3)
    const words = [`next-hop ${family === 4 ? first.nextHop4 : first.nextHop6}`]
    if (standard.length > 0) words.push(`community [${standard.join(' ')}]`)
    if (large.length > 0) words.push(`large-community [${large.join(' ')}]`)
    return words.join(' ')
  }

  /** In numbers, sorted, the marking among them. */
  communitiesOf(members: readonly Member[]): string[] {
    const texts = members.flatMap((member) => {
      const { communities, sourceCommunities = communities } = this.#scopes[scopeOf(member)] ?? NO_SCOPE
      return member.startsWith(BY_SOURCE) ? sourceCommunities : communities
    })
    return [...new Set([this.#marking, ...texts].map(communityNumber))].sort()
  }

  /** A next hop of the family, for what needs one to be understood. */
  nextHop(family: Family): string {
    const scope = this.#scopes['local'] ?? Object.values(this.#scopes)[0]
    if (scope === undefined) throw new Error('no scope is configured')
    return family === 4 ? scope.nextHop4 : scope.nextHop6
  }
}

/** One line, without its end. @throws Error when the prefixes are none or of two families */
export function announceLine(attributes: string, prefixes: readonly Prefix[]): string {
  return `announce attributes ${attributes} nlri ${list(prefixes)}`
}

/**
 * A withdraw needs a next hop of the family to be understood, and the number so that it is never sent before an
 * announcement that was made earlier (see slots.ts); neither is on the wire.
 */
export function withdrawLine(encoder: Encoder, order: number, prefixes: readonly Prefix[]): string {
  const [first] = prefixes
  const nextHop = encoder.nextHop(first === undefined ? 4 : prefixFamily(first))
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
