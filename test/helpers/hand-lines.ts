import { matchText } from '../../src/domain/match.ts'
import type { Rule } from '../../src/domain/rule.ts'
import { pieces } from './under-way.ts'

type Verb = 'announce' | 'withdraw'

/** Prefixes in one command. */
const AT_ONCE = 500
const NEXT_HOP = 'next-hop 192.0.2.1'
const COMMUNITIES = 'community [65535:666 no-export 65010:911]'

/**
 * What a person would write into ExaBGP's pipe: blackholes in its form for many; a flow route has none. IPv4 alone,
 * and of matches only a destination and single values.
 */
export function handLines(verb: Verb, rules: readonly Rule[]): string {
  const prefixes = rules.flatMap((rule) => ('prefix' in rule ? rule.prefix : []))
  const attributes = verb === 'announce' ? `${NEXT_HOP} ${COMMUNITIES}` : NEXT_HOP
  const bulk = pieces(prefixes, AT_ONCE).map(
    (some) => `${verb} attributes ${attributes} nlri ${some.join(' ')}\n`,
  )
  const flows = rules.flatMap((rule) => ('match' in rule ? flowLine(verb, matchText(rule.match)) : []))
  return [...bulk, ...flows].join('')
}

/** @param match `destination=10.0.0.1/32 protocol=17 …`, which is ExaBGP's but for the signs between */
function flowLine(verb: Verb, match: string): string {
  const components = match.split(' ').map((one) => {
    const [name = '', value = ''] = one.split('=')
    return name === 'destination' ? `${name} ${value};` : `${name} =${value};`
  })
  return `${verb} flow route { match { ${components.join(' ')} } then { discard; community [65010:911]; } }\n`
}
