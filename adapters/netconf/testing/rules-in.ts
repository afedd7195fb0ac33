import assert from 'node:assert/strict'
import { readMatch } from '../../../src/domain/match.ts'
import { DROP, filterRule, type Rule } from '../../../src/domain/rule.ts'

/** Rules by the text of a configuration, read in another way than the adapter's. */
export function rulesIn(text: string): Rule[] {
  const lists = [
    ...text.matchAll(/<prefix-list>\s*<name>CORDON-([46])-(FROM|TO)<\/name>([\s\S]*?)<\/prefix-list>/g),
  ]
  const items = lists.flatMap(([, family, end, inside = '']) =>
    [...inside.matchAll(/<name>([^<]+)<\/name>/g)].map(([, prefix]) => ruleOf(family, end, prefix)),
  )
  const entries = [
    ...text.matchAll(
      /<(source|destination)-ipv([46])-network>([^<]+)<[\s\S]*?<forwarding[^>]*>(?:\w+:)?(\w+)<\/forwarding>/g,
    ),
  ].filter(([, , , , verdict]) => verdict === 'drop')
  const dropped = entries.map(([, end, family, prefix]) =>
    ruleOf(family, end === 'source' ? 'FROM' : 'TO', prefix),
  )
  return [...items, ...dropped].flat()
}

function ruleOf(family: string | undefined, end: string | undefined, prefix: string | undefined): Rule[] {
  assert.ok(family !== undefined && end !== undefined && prefix !== undefined)
  if (prefix === '192.0.2.255/32' || prefix === '2001:db8:ffff::1/128') return []
  const match = readMatch(family === '4' ? 4 : 6, { [end === 'FROM' ? 'source' : 'destination']: prefix })
  return [filterRule('acl', match, DROP)]
}
