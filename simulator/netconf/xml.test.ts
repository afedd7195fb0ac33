import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { holds } from '../../test/helpers/property.ts'
import { randomFrom } from '../configured/random.ts'
import { styleFrom } from './style.ts'
import { type Element, NotWellFormed, node, parseXml, writeXml, type XmlNode } from './xml.ts'

const BASE = 'urn:example:base'
const name = fc.constantFrom('a', 'b-c', 'data', 'rpc-error')
// what is read has no white space around it
const text = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((one) => one.replace(/[\p{C}\r]/gu, '').trim())
const { tree } = fc.letrec<{ tree: XmlNode }>((tie) => ({
  tree: fc
    .record({
      name,
      namespace: fc.option(fc.constantFrom(BASE, 'urn:example:one', 'urn:example:two'), { nil: undefined }),
      attributes: fc.dictionary(fc.constantFrom('id', 'sim'), text),
      content: fc.oneof({ depthSize: 'small' }, text, fc.array(tie('tree'), { maxLength: 3 })),
    })
    .map(({ name: own, namespace, attributes, content }) =>
      node(own, content, { attributes, ...(namespace === undefined ? {} : { namespace }) }),
    ),
}))

describe('XML', () => {
  test('what is written in any style is read as the same', async () => {
    const property = fc.property(tree, fc.integer(), (content, seed) => {
      const root = node('rpc-reply', [content], { namespace: BASE })
      const { style, before, after } = styleFrom(randomFrom(seed), {}, true)
      const { children } = parseXml(`${before}${writeXml(root, style)}${after}`)
      assert.deepEqual(children.map(plain), [meant(content, BASE)])
    })
    await holds(property, 500)
  })

  const BAD = [
    '',
    '<a>',
    '<a></b>',
    '<a/><b/>',
    '<x:a/>',
    '<!DOCTYPE a><a/>',
    '<a b="1" b="2"/>',
    '<a>&nothing;</a>',
    'a',
  ]
  for (const one of BAD)
    test(`refuses ${one || 'nothing'}`, () => assert.throws(() => parseXml(one), NotWellFormed))
})

interface Plain {
  readonly name: string
  readonly namespace: string
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
  readonly children: readonly Plain[]
}

function plain({ name: own, namespace, attributes, text: said, children }: Element): Plain {
  return {
    name: own,
    namespace,
    attributes: Object.fromEntries(attributes),
    text: said,
    children: children.map(plain),
  }
}

function meant(one: XmlNode, above: string): Plain {
  const namespace = one.namespace ?? above
  const { attributes = {}, text: said = '', children = [] } = one
  return {
    name: one.name,
    namespace,
    attributes: { ...attributes },
    text: said,
    children: children.map((child) => meant(child, namespace)),
  }
}
